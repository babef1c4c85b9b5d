import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from '@playwright/test';
import { findFreePort, startServer, type Server } from '../server';
import { expect, randomAccount, test } from './fixtures';
import { call, signInProgram } from './programs';

/** What needs the limits as they are, or takes the server away, has one of its own. */
let server: Server;
let env: Record<string, string>;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
	const place = mkdtempSync(join(tmpdir(), 'latchkey-e2e-own-'));
	chmodSync(place, 0o755);
	env = { DATA_DIR: join(place, 'data'), PORT: String(await findFreePort()), RATE_LIMIT_SCALE: '1' };
	server = await startServer(env);
});

test.afterAll(async () => {
	await server.stop();
	rmSync(join(env.DATA_DIR!, '..'), { recursive: true, force: true });
});

async function signUp(context: BrowserContext) {
	const account = randomAccount();
	const response = await context.request.post(`${server.url}/signup`, {
		form: account,
		headers: { origin: server.url },
		maxRedirects: 0
	});
	expect(response.status()).toBe(303);
	return account;
}

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test('too many wrong passwords are told how long to wait', async ({ page, context, complaints }) => {
			complaints.expect(/status of 4(01|29)/);
			const account = await signUp(context);
			await page.goto(`${server.url}/settings/security`);
			const submit = page.getByRole('button', { name: 'Change the password' });
			const form = page.locator('form').filter({ has: submit });
			await page.locator('summary').filter({ hasText: 'Changing it signs out' }).click();

			for (let i = 0; i < 5; i++) {
				await form.getByLabel('Current password').fill(`not the right one ${i}`);
				await form.getByLabel('New password', { exact: true }).fill('plinth otter quasar lantern');
				const answer = page.waitForResponse((response) => response.request().method() === 'POST');
				await submit.click();
				await answer;
				await expect(form.getByText('This is not your current password.')).toBeVisible();
			}
			await form.getByLabel('Current password').fill(account.password);
			await form.getByLabel('New password', { exact: true }).fill('plinth otter quasar lantern');
			const refused = page.waitForResponse((response) => response.request().method() === 'POST');
			await submit.click();
			expect(Number((await refused).headers()['retry-after'])).toBeGreaterThan(0);

			const alert = form.getByRole('alert');
			await expect(alert).toContainText(/That was too often\.\s+Try again in \d+ seconds\./);
			if (!javaScriptEnabled) return;
			const first = await alert.innerText();
			await expect(alert).not.toHaveText(first, { useInnerText: true });
		});
	});
}

test('a server that restarts signs nobody out, and is heard again', async ({ page, context, complaints }) => {
	complaints.expect(/ERR_|Failed to load resource/);
	const account = await signUp(context);
	const listening = () =>
		page.waitForResponse((response) => response.url().includes('events.subscribe') && response.ok());
	const first = listening();
	await page.goto(`${server.url}/settings/account`);
	await first;

	await server.stop();
	server = await startServer(env);
	const again = listening();
	// As when a network comes back: there is no need to wait for the next try.
	await page.evaluate(() => dispatchEvent(new Event('online')));
	await again;
	await expect(page).toHaveURL(`${server.url}/settings/account`);

	const { accessToken } = await signInProgram(server.url, account);
	await call(server.url, 'account.revokeOtherSessions', { token: accessToken });
	await expect(page).toHaveURL(`${server.url}/login?next=%2Fsettings%2Faccount`, { timeout: 1000 });
});
