import { readFile } from 'node:fs/promises';
import { expect, expectAccessible, randomAccount, test } from './fixtures';
import { call, signInProgram } from './programs';

test.beforeEach(async ({ page, account }) => {
	expect(account.email).toBeTruthy();
	await page.goto('/settings/account');
});

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test('the settings are reached from the menu', { tag: '@mobile' }, async ({ page }) => {
			await page.goto('/inbox');
			await page.getByRole('button', { name: /Account/ }).click();
			await page.getByRole('link', { name: 'Settings' }).click();
			await expect(page).toHaveURL('/settings/account');
			const nav = page.getByRole('navigation', { name: 'Settings' });
			await nav.getByRole('link', { name: 'Security' }).click();
			await expect(page).toHaveURL('/settings/security');
			await nav.getByRole('link', { name: 'API' }).click();
			await expect(page).toHaveURL('/settings/api');
			await page.goto('/settings');
			await expect(page).toHaveURL('/settings/account');
		});

		test('the name and the time zone are saved', { tag: '@mobile' }, async ({ page }) => {
			await page.getByLabel('Name').fill('Grace Hopper');
			await page.getByLabel('Time zone').selectOption('America/New_York');
			await page.getByRole('button', { name: 'Save' }).click();
			await expect(page.getByText('Your profile is saved.')).toBeVisible();
			await page.reload();
			await expect(page.getByLabel('Name')).toHaveValue('Grace Hopper');
			await expect(page.getByLabel('Time zone')).toHaveValue('America/New_York');

			await page.getByLabel('Name').fill('');
			await page.getByRole('button', { name: 'Save' }).click();
			await expect(page.getByText('Your profile is saved.')).toBeVisible();
			await page.reload();
			await expect(page.getByLabel('Name')).toHaveValue('');
		});

		test('what can’t be saved stays, with the reason and the focus', async ({ page, complaints }) => {
			complaints.expect(/status of 400/);
			const tooLong = 'x'.repeat(101);
			await page.getByLabel('Name').fill(tooLong);
			await page.getByLabel('Time zone').selectOption('Europe/Berlin');
			await page.getByRole('button', { name: 'Save' }).click();
			await expect(page.getByText('Use at most 100 characters.')).toBeVisible();
			await expect(page.getByLabel('Name')).toHaveValue(tooLong);
			await expect(page.getByLabel('Name')).toBeFocused();
			await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Berlin');
		});

		test('the verification mail is sent again', async ({ page, account }) => {
			await expect(page.getByRole('main').getByText(account.email, { exact: true })).toBeVisible();
			await expect(page.getByText('Not verified yet.')).toBeVisible();
			await page.getByRole('button', { name: 'Send the mail again' }).click();
			await expect(page.getByText('The mail is on its way.')).toBeVisible();
		});

		test('the export is a file with everything', async ({ page, account }) => {
			const coming = page.waitForEvent('download');
			await page.getByRole('link', { name: 'Download', exact: true }).click();
			const download = await coming;
			expect(download.suggestedFilename()).toMatch(/^latchkey-\d{4}-\d\d-\d\d\.json$/);
			const text = await readFile(await download.path(), 'utf8');
			const everything = JSON.parse(text) as {
				user: { email: string };
				sessions: unknown[];
				events: unknown[];
			};
			expect(everything.user.email).toBe(account.email);
			expect(everything.sessions).toHaveLength(1);
			expect(everything.events).toHaveLength(1);
			expect(text).not.toContain(account.password);
		});

		test('the account is deleted, once that is meant', async ({
			page,
			account,
			context,
			complaints,
			baseURL
		}) => {
			complaints.expect(/status of 40[013]/);
			await page.getByText('Delete the account').first().click();
			const button = page.getByRole('button', { name: 'Delete the account' });
			const password = page.getByLabel('Current password');

			await password.fill(account.password);
			await button.click();
			await expect(page.getByText('Tick this to say that you mean it.')).toBeVisible();
			await expect(page.getByRole('checkbox')).toBeFocused();

			await page.getByRole('checkbox').check();
			await password.fill('');
			await button.click();
			await expect(page.getByText('Enter your current password.')).toBeVisible();
			await expect(password).toBeFocused();

			await expect(page.getByRole('checkbox')).toBeChecked();
			await password.fill('not the right one');
			await button.click();
			await expect(page.getByText('This is not your current password.')).toBeVisible();
			expect(await page.content()).not.toContain('not the right one');

			await password.fill(account.password);
			await button.click();
			await expect(page).toHaveURL('/login?after=deletion');
			await expect(page.getByText('Your account is deleted, and everything in it.')).toBeVisible();
			expect(await context.cookies()).toEqual([]);
			const { email } = account;
			const answer = await call(baseURL!, 'auth.signIn', { input: { email, password: account.password } });
			expect(answer.reason).toBe('bad_credentials');
		});

		test('whoever is signed out signs in first', async ({ page, context }) => {
			await context.clearCookies();
			for (const name of ['account', 'security', 'api']) {
				await page.goto(`/settings/${name}`);
				await expect(page).toHaveURL(`/login?next=%2Fsettings%2F${name}`);
			}
		});
	});
}

test('the time zone of the browser is suggested', async ({ page }) => {
	await page.getByLabel('Time zone').selectOption('Europe/Berlin');
	await page.getByRole('button', { name: /^Use Kath?mandu/ }).click();
	await expect(page.getByLabel('Time zone')).toHaveValue(/^Asia\/Kath?mandu$/);
	await expect(page.getByRole('button', { name: /^Use Kath?mandu/ })).toHaveCount(0);
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('Your profile is saved.')).toBeVisible();
	await page.reload();
	await expect(page.getByLabel('Time zone')).toHaveValue(/^Asia\/Kath?mandu$/);
});

test('what is typed survives the end of the session', async ({ page, account, complaints, baseURL }) => {
	complaints.expect(/status of 401/);
	await page.getByLabel('Name').fill('Countess of Lovelace');
	const { accessToken } = await signInProgram(baseURL!, account);
	await call(baseURL!, 'account.revokeOtherSessions', { token: accessToken });
	await expect(page).toHaveURL('/login?next=%2Fsettings%2Faccount');
	await expect(page.getByText('You are signed out. What you typed is kept')).toBeVisible();

	await page.getByLabel('Email').fill(account.email);
	await page.getByLabel('Password', { exact: true }).fill(account.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page).toHaveURL('/settings/account');
	await expect(page.getByLabel('Name')).toHaveValue('Countess of Lovelace');
	await expect(page.getByText('You are signed out.')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test('the page is accessible, also with errors', { tag: '@mobile' }, async ({ page, complaints }) => {
			complaints.expect(/status of 40[03]/);
			await expectAccessible(page);
			await page.getByText('Delete the account').first().click();
			await page.getByRole('button', { name: 'Delete the account' }).click();
			await expect(page.getByText('Tick this to say that you mean it.')).toBeVisible();
			await page.getByLabel('Name').fill('x'.repeat(101));
			await page.getByRole('button', { name: 'Save' }).click();
			await expect(page.getByText('Use at most 100 characters.')).toBeVisible();
			await expectAccessible(page);
		});
	});
}

test('a name as long as they get breaks nothing', { tag: '@mobile' }, async ({ page, context, baseURL }) => {
	await context.clearCookies();
	const form = { ...randomAccount(), name: 'W'.repeat(100) };
	await context.request.post('/signup', { form, headers: { origin: baseURL! }, maxRedirects: 0 });
	for (const name of ['account', 'security', 'api']) {
		await page.goto(`/settings/${name}`);
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	}
});
