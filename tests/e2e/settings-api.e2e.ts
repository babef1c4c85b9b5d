import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures';
import { call, signInProgram } from './programs';

const run = promisify(execFile);

async function create(
	page: Page,
	{ name, password, write = false }: { name: string; password: string; write?: boolean }
) {
	await page.getByText('New token').click();
	await page.getByLabel('Name', { exact: true }).fill(name);
	if (write) await page.getByRole('checkbox', { name: /^Write/ }).check();
	await page.getByLabel('Works for').selectOption('30 days');
	await page.getByLabel('Current password').fill(password);
	await page.getByRole('button', { name: 'Create the token' }).click();
	await expect(page.getByText('Copy it now: it is shown only this once.')).toBeVisible();
	return (await page.getByLabel('The new token').innerText()).trim();
}

const row = (page: Page, name: string) =>
	page.getByRole('list', { name: 'Tokens' }).getByText(name, { exact: true });

test.beforeEach(async ({ page, account }) => {
	expect(account.email).toBeTruthy();
	await page.goto('/settings/api');
});

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test(
			'a token is made, works over HTTP, and is revoked',
			{ tag: '@mobile' },
			async ({ page, account, baseURL }) => {
				await expect(page.getByText('There are no tokens yet.')).toBeVisible();
				const token = await create(page, { name: 'Backup', password: account.password });
				expect(token).toMatch(/^lkp_/);
				await expect(page.getByText('never used')).toBeVisible();

				expect((await call(baseURL!, 'tasks.list', { query: true, token })).status).toBe(200);
				const refused = await call(baseURL!, 'tasks.create', { input: { title: 'Buy milk' }, token });
				expect(refused.reason).toBe('insufficient_scope');

				await page.goto('/settings/api');
				await expect(page.getByText('May read · used just now')).toBeVisible();
				expect(await page.content()).not.toContain(token);

				await row(page, 'Backup').click();
				await page.getByRole('button', { name: 'Revoke Backup' }).click();
				await expect(page.getByText('The token is revoked.')).toBeVisible();
				await expect(page.getByText('There are no tokens yet.')).toBeVisible();
				expect((await call(baseURL!, 'tasks.list', { query: true, token })).reason).toBe('token_invalid');
			}
		);

		test('what is wrong is said, and what was typed stays', async ({ page, complaints }) => {
			complaints.expect(/status of 40[013]/);
			await page.getByText('New token').click();
			const button = page.getByRole('button', { name: 'Create the token' });
			await page.getByLabel('Name', { exact: true }).fill('Backup');
			await page.getByRole('checkbox', { name: /^Read/ }).uncheck();
			await page.getByRole('checkbox', { name: /^Write/ }).check();
			await page.getByLabel('Works for').selectOption('a year');
			await page.getByLabel('Current password').fill('not the right one');
			await button.click();
			await expect(page.getByText('This is not your current password.')).toBeVisible();
			await expect(page.getByLabel('Current password')).toBeFocused();
			await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Backup');
			await expect(page.getByRole('checkbox', { name: /^Read/ })).not.toBeChecked();
			await expect(page.getByRole('checkbox', { name: /^Write/ })).toBeChecked();
			await expect(page.getByLabel('Works for')).toHaveValue('365');
			expect(await page.content()).not.toContain('not the right one');
		});
	});
}

test('the snippets run as they are', async ({ page, account, baseURL }) => {
	const token = await create(page, { name: 'Snippets', password: account.password, write: true });
	const env = { ...process.env, LATCHKEY_TOKEN: token };
	const snippet = (name: string) => page.getByRole('region', { name: `${name} snippet` }).innerText();

	const typescript = await snippet('TypeScript');
	expect(typescript).toContain(baseURL);
	const { stdout } = await run(process.execPath, ['--input-type=module', '-e', typescript], { env });
	expect(stdout).toBe('Water the plants\n');

	// As a shell would take it, without a shell or a curl being there.
	const [list, add] = (await snippet('curl'))
		.split('\n\n')
		.map((part) => part.replace(/^#.*\n/, '').replace(/\\\n/g, ' '));
	for (const [command, procedure] of [
		[list, 'tasks.list'],
		[add, 'tasks.create']
	] as const) {
		const [, url] = /^curl -s (\S+)/.exec(command!)!;
		expect(url).toBe(`${baseURL}/trpc/${procedure}`);
		const headers = [...command!.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(
			([, name, value]) => [name!, value!.replace('$LATCHKEY_TOKEN', token)] as [string, string]
		);
		const body = /-d '([^']+)'/.exec(command!)?.[1];
		const answer = await fetch(url!, { method: body ? 'POST' : 'GET', headers, body });
		expect(answer.status).toBe(200);
	}
});

test('the token is copied', async ({ page, account, context }) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	const token = await create(page, { name: 'Backup', password: account.password });
	await expect(page.getByRole('heading', { name: 'The token for Backup' })).toBeFocused();
	await page.getByRole('button', { name: 'Copy the token' }).click();
	await expect(page.getByText('Copied.')).toBeAttached();
	expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test(
			'the page is accessible, with many tokens and long names',
			{ tag: '@mobile' },
			async ({ page, account, baseURL }) => {
				const { accessToken } = await signInProgram(baseURL!, account);
				for (let i = 0; i < 5; i++) {
					const input = {
						currentPassword: account.password,
						name: 'W'.repeat(100),
						scopes: ['tasks:read'],
						expiresInDays: 1
					};
					expect((await call(baseURL!, 'account.createToken', { input, token: accessToken })).status).toBe(
						200
					);
				}
				await create(page, { name: 'W'.repeat(100), password: account.password });
				await row(page, 'W'.repeat(100)).first().click();
				await expectAccessible(page);
				expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
			}
		);
	});
}
