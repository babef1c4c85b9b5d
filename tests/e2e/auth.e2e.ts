import { expect, expectAccessible, randomAccount, test, type Account } from './fixtures';
import type { Page } from '@playwright/test';

async function signUp(page: Page, { name, email, password }: Account) {
	await page.goto('/signup');
	await page.getByLabel('Name').fill(name);
	await page.getByLabel('Email').fill(email);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(page).toHaveURL('/inbox');
}

async function signIn(page: Page, { email, password }: Pick<Account, 'email' | 'password'>) {
	await page.getByLabel('Email').fill(email);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signOut(page: Page) {
	await page.getByRole('button', { name: /Account/ }).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
}

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test('sign up, sign out and sign in', { tag: '@mobile' }, async ({ page, context }) => {
			const account = randomAccount();
			await signUp(page, account);
			expect(await context.cookies()).toEqual([
				expect.objectContaining({ name: 'latchkey_session', httpOnly: true, sameSite: 'Lax', path: '/' })
			]);

			await signOut(page);
			await expect(page).toHaveURL('/login');
			expect(await context.cookies()).toEqual([]);

			await signIn(page, account);
			await expect(page).toHaveURL('/inbox');
		});

		test('a wrong password keeps the address', async ({ page, account, context, complaints }) => {
			await context.clearCookies();
			await page.goto('/login');
			complaints.expect(/status of 401/);
			await signIn(page, { email: account.email, password: 'not the right one' });

			await expect(page.getByText('The address or the password is not right.')).toBeVisible();
			await expect(page.getByLabel('Email')).toHaveValue(account.email);
			expect(await page.content()).not.toContain('not the right one');

			await signIn(page, account);
			await expect(page).toHaveURL('/inbox');
		});

		test('an address that is taken is said beside the form, with what was typed', async ({
			page,
			account,
			context,
			complaints
		}) => {
			await context.clearCookies();
			await page.goto('/signup');
			complaints.expect(/status of 409/);
			await page.getByLabel('Name').fill('Grace');
			await page.getByLabel('Email').fill(account.email);
			await page.getByLabel('Password', { exact: true }).fill(account.password);
			await page.getByRole('button', { name: 'Create account' }).click();

			await expect(page.getByText('There is an account with this address already.')).toBeVisible();
			await expect(page.getByLabel('Name')).toHaveValue('Grace');
			await expect(page.getByLabel('Email')).toHaveValue(account.email);
		});

		test('whoever is signed out is brought back after signing in', async ({ page, account, context }) => {
			await context.clearCookies();
			await page.goto('/inbox?from=here');
			await expect(page).toHaveURL('/login?next=%2Finbox%3Ffrom%3Dhere');
			await signIn(page, account);
			await expect(page).toHaveURL('/inbox?from=here');
		});

		test('the doors lead to each other without losing the way', async ({ page }) => {
			await page.goto('/login?next=%2Finbox%3Ffrom%3Dhere');
			await page.getByRole('link', { name: 'Create an account' }).click();
			await expect(page).toHaveURL('/signup?next=%2Finbox%3Ffrom%3Dhere');
			await page.getByRole('link', { name: 'Sign in' }).click();
			await page.getByRole('link', { name: 'Forgot your password?' }).click();
			await page.getByRole('link', { name: 'Back to sign-in' }).click();
			await expect(page).toHaveURL('/login?next=%2Finbox%3Ffrom%3Dhere');
		});

		test('whoever is signed in is sent on', async ({ page, account }) => {
			expect(account.email).toBeTruthy();
			await page.goto('/login?next=/settings/account');
			await expect(page).toHaveURL('/settings/account');
			await page.goto('/signup');
			await expect(page).toHaveURL('/inbox');
		});
	});
}

test('next leads to no other site', async ({ page, account, context }) => {
	for (const next of ['https://example.com/', '//example.com', '/\\example.com', '/\t/example.com']) {
		await context.clearCookies();
		await page.goto(`/login?next=${encodeURIComponent(next)}`);
		await signIn(page, account);
		await expect(page).toHaveURL('/inbox');
	}
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test('the doors are accessible, also with errors', { tag: '@mobile' }, async ({ page }) => {
			await page.goto('/signup');
			await expectAccessible(page);
			await page.getByLabel('Email').fill('ada@example.com');
			await page.getByLabel('Password', { exact: true }).fill('short');
			await page.getByRole('button', { name: 'Create account' }).click();
			await expect(page.getByText('Use at least 8 characters.')).toBeVisible();
			await expectAccessible(page);
			await page.goto('/login');
			await expectAccessible(page);
		});
	});
}
