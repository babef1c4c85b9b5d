import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { startServer, type Server } from '../server';
import { expect, expectAccessible, randomAccount, test } from './fixtures';

// A server of its own, with the limits that people meet.
test.describe.configure({ mode: 'default' });

let server: Server;
let place: string;

test.beforeAll(async () => {
	test.setTimeout(120_000);
	place = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'));
	chmodSync(place, 0o755);
	server = await startServer({ DATA_DIR: join(place, 'data'), RATE_LIMIT_SCALE: '1' });
});

test.afterAll(async () => {
	await server.stop();
	rmSync(place, { recursive: true, force: true });
});

/** As many wrong passwords as an account has in a minute; which account doesn't matter, nor whether it is there. */
async function spendFailures(page: Page, email: string) {
	for (let failure = 0; failure < 5; failure++) {
		const form = { email, password: 'not the right one' };
		const response = await page.request.post(`${server.url}/login`, {
			form,
			headers: { origin: server.url }
		});
		expect(response.status()).toBe(401);
	}
}

async function signIn(page: Page, email: string) {
	await page.goto(`${server.url}/login`);
	await page.getByLabel('Email').fill(email);
	await page.getByLabel('Password', { exact: true }).fill('not the right one');
	await page.getByRole('button', { name: 'Sign in' }).click();
}

const timer = (page: Page) => page.getByRole('timer');
const button = (page: Page) => page.getByRole('button', { name: 'Sign in' });

test('too many failures are told with a countdown, and the button waits for its end', async ({ page }) => {
	await page.clock.install();
	const { email } = randomAccount();
	await spendFailures(page, email);
	await signIn(page, email);

	await expect(page.getByRole('alert')).toContainText(/^That was too often\. Try again in \d+ seconds\.$/);
	await expect(button(page)).toBeDisabled();
	await expect(page.getByLabel('Email')).toHaveValue(email);
	await expect(page.getByLabel('Password', { exact: true })).toHaveValue('not the right one');
	await expectAccessible(page);

	const before = Number(/\d+/.exec(await timer(page).innerText())?.[0]);
	await page.clock.runFor(20_000);
	await expect
		.poll(async () => Number(/\d+/.exec(await timer(page).innerText())?.[0]))
		.toBeLessThanOrEqual(before - 20);

	// Nothing is sent before.
	let sent = 0;
	page.on('request', (request) => {
		if (request.method() === 'POST') sent++;
	});
	await page.getByLabel('Password', { exact: true }).press('Enter');

	await page.clock.runFor(40_000);
	await expect(page.getByRole('status').filter({ hasText: 'You can try again now.' })).toBeVisible();
	await expect(page.getByRole('alert')).toHaveCount(0);
	await expect(button(page)).toBeEnabled();
	expect(sent).toBe(0);
	await expectAccessible(page);
});

test('another address needn’t wait', async ({ page, complaints }) => {
	const { email } = randomAccount();
	await spendFailures(page, email);
	await signIn(page, email);
	await expect(button(page)).toBeDisabled();
	await page.getByLabel('Email').fill(randomAccount().email);
	await expect(button(page)).toBeEnabled();
	await expect(timer(page)).toHaveCount(0);
	complaints.expect(/status of 401/);
	await button(page).click();
	await expect(page.getByText('The address or the password is not right.')).toBeVisible();
});

test('mails are bounded for each address, also for one that nobody has', async ({ page }) => {
	const { email } = randomAccount();
	await page.goto(`${server.url}/forgot`);
	for (let mail = 0; mail < 3; mail++) {
		await page.getByLabel('Email').fill(email);
		await page.getByRole('button', { name: 'Send the link' }).click();
		await page.getByRole('button', { name: 'ask again' }).click();
	}
	await page.getByRole('button', { name: 'Send the link' }).click();
	await expect(timer(page)).toHaveText(/Try again in (60|59) minutes\./);
	await expect(page.getByLabel('Email')).toHaveValue(email);
});

test.describe('without JavaScript', () => {
	test.use({ javaScriptEnabled: false });

	test('the wait is told, and the button stays as it is', async ({ page, complaints }) => {
		complaints.expect(/status of 429/);
		const { email } = randomAccount();
		await spendFailures(page, email);
		const answer = page.waitForResponse((response) => response.request().method() === 'POST');
		await signIn(page, email);
		const response = await answer;
		expect(response.status()).toBe(429);
		const { 'retry-after': wait } = response.headers();
		expect(wait).toMatch(/^[1-6]?\d$/);
		await expect(page.getByRole('alert')).toHaveText(`That was too often. Try again in ${wait} seconds.`);
		await expect(button(page)).toBeEnabled();
		await expect(page.getByLabel('Email')).toHaveValue(email);
		await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
	});
});
