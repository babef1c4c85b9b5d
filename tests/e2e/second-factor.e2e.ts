import type { Page } from '@playwright/test';
import { expect, expectAccessible, test, type Account } from './fixtures';
import { turnOnTwoFactor } from './programs';

const code = (page: Page) => page.getByLabel('Code', { exact: true });

async function signIn(page: Page) {
	const button = page.getByRole('button', { name: 'Sign in' });
	// Done with the last answer.
	await expect(button).not.toHaveAttribute('aria-busy');
	await button.click();
}

async function enterPassword(page: Page, { email, password }: Account) {
	await page.getByLabel('Email').fill(email);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await signIn(page);
}

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test(
			'after the password comes the code of the app, and then the page that was asked for',
			{ tag: '@mobile' },
			async ({ page, account, context, baseURL }) => {
				const { nextCode } = await turnOnTwoFactor(baseURL!, account);
				await context.clearCookies();
				await page.goto('/settings/account');
				await enterPassword(page, account);

				await expect(page).toHaveTitle('Enter the code · Latchkey');
				await expect(code(page)).toBeFocused();
				await expect(code(page)).toHaveAttribute('autocomplete', 'one-time-code');
				expect(await context.cookies()).toEqual([]);

				await code(page).fill(nextCode);
				await signIn(page);
				await expect(page).toHaveURL('/settings/account');
			}
		);

		test('a recovery code does as well, once', async ({ page, account, context, baseURL, complaints }) => {
			const { recoveryCodes } = await turnOnTwoFactor(baseURL!, account);
			await context.clearCookies();
			await page.goto('/login');
			await enterPassword(page, account);
			await code(page).fill(recoveryCodes[0]!.toUpperCase().replaceAll('-', ' '));
			await signIn(page);
			await expect(page).toHaveURL('/inbox');

			await context.clearCookies();
			await page.goto('/login');
			await enterPassword(page, account);
			await code(page).fill(recoveryCodes[0]!);
			complaints.expect(/status of 401/);
			await signIn(page);
			await expect(page.getByRole('alert')).toContainText('This code is not right.');
			await expect(code(page)).toBeFocused();

			await code(page).fill(recoveryCodes[1]!);
			await signIn(page);
			await expect(page).toHaveURL('/inbox');
		});

		test('too many wrong codes lead back to the password, and no further from where one wanted to go', async ({
			page,
			account,
			context,
			baseURL,
			complaints
		}) => {
			const { recoveryCodes } = await turnOnTwoFactor(baseURL!, account);
			await context.clearCookies();
			await page.goto('/login?next=/settings/account');
			await enterPassword(page, account);
			complaints.expect(/status of 401/);
			for (let wrong = 0; wrong < 5; wrong++) {
				await code(page).fill('123 456');
				const answer = page.waitForResponse((response) => response.request().method() === 'POST');
				await signIn(page);
				await answer;
				await expect(page.getByRole('alert')).toContainText('This code is not right.');
			}
			await code(page).fill(recoveryCodes[0]!);
			await signIn(page);
			await expect(page.getByRole('alert')).toContainText('too many wrong codes. Sign in again.');
			await expect(page).toHaveTitle('Sign in · Latchkey');
			await expect(page.getByLabel('Email')).toHaveValue(account.email);

			await enterPassword(page, account);
			await code(page).fill(recoveryCodes[0]!);
			await signIn(page);
			await expect(page).toHaveURL('/settings/account');
		});

		test('there is a way back to the password', async ({ page, account, context, baseURL }) => {
			await turnOnTwoFactor(baseURL!, account);
			await context.clearCookies();
			await page.goto('/login?next=/settings/account');
			await enterPassword(page, account);
			await page.getByRole('button', { name: 'Back to the password' }).click();
			await expect(page.getByLabel('Email')).toHaveValue(account.email);
			await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
			await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
			await expect(page).toHaveURL('/login?next=/settings/account');
		});
	});
}

test('by keyboard alone', async ({ page, account, context, baseURL }) => {
	const { nextCode } = await turnOnTwoFactor(baseURL!, account);
	await context.clearCookies();
	await page.goto('/login');
	await page.getByLabel('Email').focus();
	await page.keyboard.type(account.email);
	await page.keyboard.press('Tab');
	await page.keyboard.type(account.password);
	await page.keyboard.press('Enter');
	await expect(code(page)).toBeFocused();
	await page.keyboard.type(nextCode);
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL('/inbox');
});

test.describe('by touch', () => {
	test.use({ hasTouch: true, isMobile: true });

	test('the keyboard has digits for the app, and letters for a recovery code', async ({
		page,
		account,
		context,
		baseURL
	}) => {
		await turnOnTwoFactor(baseURL!, account);
		await context.clearCookies();
		await page.goto('/login');
		await enterPassword(page, account);
		await expect(code(page)).toHaveAttribute('inputmode', 'numeric');
		await page.getByRole('button', { name: 'Use a recovery code' }).click();
		await expect(code(page)).toHaveAttribute('inputmode', 'text');
		await expect(code(page)).toBeFocused();
	});
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test(
			'the second step is accessible, also with an error',
			{ tag: '@mobile' },
			async ({ page, account, context, baseURL, complaints }) => {
				await turnOnTwoFactor(baseURL!, account);
				await context.clearCookies();
				await page.goto('/login');
				await enterPassword(page, account);
				await expect(code(page)).toBeVisible();
				await expectAccessible(page);
				complaints.expect(/status of 401/);
				await code(page).fill('nonsense');
				await signIn(page);
				await expect(page.getByRole('alert')).toBeVisible();
				await expectAccessible(page);
			}
		);
	});
}
