import type { Page } from '@playwright/test';
import { expect, expectAccessible, randomAccount, test, type Account } from './fixtures';
import { linkTo } from './mail';
import { turnOnTwoFactor } from './programs';

const newPassword = 'quiet walrus tangerine 9';

async function ask(page: Page, email: string) {
	await page.getByLabel('Email').fill(email);
	await page.getByRole('button', { name: 'Send the link' }).click();
}

async function choose(page: Page, password: string) {
	await page.getByLabel('New password', { exact: true }).fill(password);
	await page.getByRole('button', { name: 'Change the password' }).click();
}

async function signIn(page: Page, { email, password }: Pick<Account, 'email' | 'password'>) {
	await page.getByLabel('Email').fill(email);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A link as it arrives, asked for without the page. */
async function resetLink(page: Page, baseURL: string, email: string) {
	await page.request.post('/forgot', { form: { email }, headers: { origin: baseURL } });
	return linkTo('reset', email);
}

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test('a forgotten password is replaced', { tag: '@mobile' }, async ({ page, account, context }) => {
			await context.clearCookies();
			await page.goto('/login');
			await page.getByRole('link', { name: 'Forgot your password?' }).click();
			// Both pages have a field for the address.
			await expect(page).toHaveURL('/forgot');
			await ask(page, account.email);
			await expect(page.getByText(`If there is an account for ${account.email}`)).toBeVisible();
			await expect(page.getByText('for one hour')).toBeVisible();

			await page.goto(await linkTo('reset', account.email));
			await expect(page.getByText(account.email)).toBeVisible();
			await choose(page, newPassword);
			await expect(page.getByText('Your password was changed. Sign in.')).toBeVisible();
			await signIn(page, { email: account.email, password: newPassword });
			await expect(page).toHaveURL('/inbox');
		});

		test('the answer is the same for an address that nobody has', async ({ page, account, context }) => {
			await context.clearCookies();
			const said: string[] = [];
			for (const { email } of [account, randomAccount()]) {
				await page.goto('/forgot');
				await ask(page, ` ${email} `);
				await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
				said.push((await page.getByRole('main').innerText()).replaceAll(email, 'them'));
			}
			expect(said[0]).toBe(said[1]);

			await page.getByRole('button', { name: 'ask again' }).click();
			await expect(page.getByLabel('Email')).toHaveValue(/@example\.com$/);
			await expect(page.getByLabel('Email')).toBeFocused();
		});

		test('looking at the link uses nothing up, and using it does', async ({
			page,
			account,
			baseURL,
			complaints
		}) => {
			const link = await resetLink(page, baseURL!, account.email);
			for (let look = 0; look < 2; look++) {
				expect((await page.request.get(link)).status()).toBe(200);
				expect((await page.request.head(link)).status()).toBe(200);
			}

			await page.goto(link);
			complaints.expect(/status of 400/);
			await choose(page, account.email);
			await expect(page.getByText('It is made of your address.')).toBeVisible();
			await expect(page.getByLabel('New password', { exact: true })).toBeFocused();

			// It is open in another window as well.
			const other = await page.context().newPage();
			await other.goto(link);
			await choose(page, newPassword);
			await expect(page).toHaveURL('/login?after=reset');

			complaints.expect(/status of 401/);
			await choose(other, newPassword);
			await expect(other.getByRole('heading', { name: 'This link does not work' })).toBeVisible();

			await page.goto(link);
			await expect(page.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
			await page.getByRole('link', { name: 'Send a new link' }).click();
			await expect(page).toHaveURL('/forgot');
		});

		test('the other tabs of the account are signed out by it', async ({ page, account, baseURL }) => {
			await page.goto(await resetLink(page, baseURL!, account.email));
			await choose(page, newPassword);
			await expect(page.getByText('Your password was changed. Sign in.')).toBeVisible();
			await page.goto('/inbox');
			await expect(page).toHaveURL('/login?next=%2Finbox');
		});

		test('whoever is signed in as somebody else is still told what happened', async ({
			page,
			account,
			baseURL
		}) => {
			const other = randomAccount();
			await page.request.post('/signup', { form: other, headers: { origin: baseURL! }, maxRedirects: 0 });
			await page.goto(await resetLink(page, baseURL!, account.email));
			await choose(page, newPassword);
			await expect(page.getByText('Your password was changed. Sign in.')).toBeVisible();
			await signIn(page, { email: account.email, password: newPassword });
			await expect(page).toHaveURL('/inbox');
			await page.goto('/settings/account');
			await expect(page.getByRole('main')).toContainText(account.email);
		});
	});
}

test('the second factor is still asked for', async ({ page, account, context, baseURL }) => {
	const { nextCode } = await turnOnTwoFactor(baseURL!, account);
	await context.clearCookies();
	await page.goto(await resetLink(page, baseURL!, account.email));
	await choose(page, newPassword);
	await expect(page).toHaveURL('/login?after=reset');
	await signIn(page, { email: account.email, password: newPassword });
	await page.getByLabel('Code', { exact: true }).fill(nextCode);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page).toHaveURL('/inbox');
});

test('by keyboard alone, and with what was typed kept', async ({ page, account, context, complaints }) => {
	await context.clearCookies();
	await page.goto('/login?next=/settings/account');
	await page.getByRole('link', { name: 'Forgot your password?' }).focus();
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL('/forgot?next=%2Fsettings%2Faccount');
	await page.getByLabel('Email').focus();
	await page.keyboard.type('ada at example.com');
	complaints.expect(/status of 400/);
	await page.keyboard.press('Enter');
	await expect(page.getByText('Enter an email address such as ada@example.com.')).toBeVisible();
	await expect(page.getByLabel('Email')).toBeFocused();
	await expect(page.getByLabel('Email')).toHaveValue('ada at example.com');
	await page.keyboard.press('ControlOrMeta+a');
	await page.keyboard.type(account.email);
	await page.keyboard.press('Enter');
	await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeFocused();
	await page.getByRole('link', { name: 'Back to sign-in' }).press('Enter');
	await expect(page).toHaveURL('/login?next=%2Fsettings%2Faccount');
});

test('the link goes nowhere but to this server', async ({ page, account, baseURL }) => {
	const link = await resetLink(page, baseURL!, account.email);
	const elsewhere: string[] = [];
	page.on('request', (request) => {
		if (new URL(request.url()).origin !== baseURL) elsewhere.push(request.url());
	});
	const answer = await page.goto(link);
	expect(answer?.headers()).toMatchObject({ 'referrer-policy': 'same-origin', 'cache-control': 'no-store' });
	await page.getByLabel('New password', { exact: true }).fill(newPassword);
	await expect(page.getByRole('meter')).toBeVisible();
	expect(elsewhere).toEqual([]);
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test('the way back in is accessible', { tag: '@mobile' }, async ({ page, account, context, baseURL }) => {
			const link = await resetLink(page, baseURL!, account.email);
			await context.clearCookies();
			await page.goto('/forgot');
			await expectAccessible(page);
			await ask(page, account.email);
			await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
			await expectAccessible(page);
			await page.goto(link);
			await expectAccessible(page);
			await page.goto('/reset/nothing');
			await expectAccessible(page);
		});
	});
}
