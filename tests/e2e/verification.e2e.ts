import { expect, expectAccessible, test } from './fixtures';
import { linkTo } from './mail';

const confirmed = { name: 'Your address is confirmed', exact: true };

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test('an address is confirmed by its button alone', { tag: '@mobile' }, async ({ page, account }) => {
			const link = await linkTo('verify', account.email);
			// As the programs do that look at what mails link to.
			for (let look = 0; look < 2; look++) expect((await page.request.get(link)).status()).toBe(200);
			await page.goto('/settings/account');
			await expect(page.getByText('Not verified yet.')).toBeVisible();

			await page.goto(link);
			await expect(page.getByText(account.email)).toBeVisible();
			await page.getByRole('button', { name: 'Confirm address' }).click();
			await expect(page.getByRole('heading', confirmed)).toBeVisible();
			await page.getByRole('link', { name: 'Go to the inbox' }).click();
			await expect(page).toHaveURL('/inbox');
			await page.goto('/settings/account');
			await expect(page.getByText('Not verified yet.')).toHaveCount(0);

			await page.goto(link);
			await expect(page.getByRole('heading', { name: 'Your address is confirmed already' })).toBeVisible();
		});

		test('it is confirmed without signing in too, once', async ({ page, account, context, complaints }) => {
			const link = await linkTo('verify', account.email);
			await context.clearCookies();
			await page.goto(link);
			const other = await context.newPage();
			await other.goto(link);
			await page.getByRole('button', { name: 'Confirm address' }).click();
			await expect(page.getByRole('heading', confirmed)).toBeVisible();
			await expect(page.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/login');

			complaints.expect(/status of 401/);
			await other.getByRole('button', { name: 'Confirm address' }).click();
			await expect(other.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
			await expect(other.getByText('It was used before')).toBeVisible();
		});
	});
}

test('by keyboard alone', async ({ page, account }) => {
	await page.goto(await linkTo('verify', account.email));
	await page.keyboard.press('Tab');
	await expect(page.getByRole('button', { name: 'Confirm address' })).toBeFocused();
	await page.keyboard.press('Enter');
	await expect(page.getByRole('heading', confirmed)).toBeFocused();
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL('/inbox');
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test('the confirmation is accessible', { tag: '@mobile' }, async ({ page, account }) => {
			await page.goto(await linkTo('verify', account.email));
			await expectAccessible(page);
			await page.getByRole('button', { name: 'Confirm address' }).click();
			await expect(page.getByRole('heading', confirmed)).toBeVisible();
			await expectAccessible(page);
			await page.goto('/verify/nothing');
			await expectAccessible(page);
		});
	});
}
