import type { Page, Route } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures';

const password = (page: Page) => page.getByLabel('Password', { exact: true });
const meter = (page: Page) => page.getByRole('meter', { name: 'Strength of the password' });

test.beforeEach(async ({ page }) => {
	await page.goto('/signup');
});

test(
	'what would make the password better is told while it is typed',
	{ tag: '@mobile' },
	async ({ page }) => {
		await expect(meter(page)).toHaveCount(0);
		await expect(page.getByText('Use at least 8 characters.')).toBeVisible();

		await password(page).pressSequentially('Password123');
		await expect(page.getByText('This is a common password.')).toBeVisible();
		await expect(page.getByText('Add another word or two')).toBeVisible();
		await expect(meter(page)).toHaveAttribute('aria-valuenow', '1');
		await expect(meter(page)).toHaveAttribute('aria-valuetext', 'This is a common password.');
		await expect(password(page)).toHaveAccessibleDescription(/This is a common password/);

		await password(page).pressSequentially(' quiet walrus tangerine');
		await expect(meter(page)).toHaveAttribute('aria-valuenow', '4');
		await expect(page.getByText('Very hard to guess.')).toBeVisible();

		await password(page).fill('x'.repeat(129));
		await expect(page.getByText('Use at most 128 characters.')).toBeVisible();
		await password(page).fill('');
		await expect(page.getByText('Use at least 8 characters.')).toBeVisible();
		await expect(meter(page)).toHaveCount(0);
	}
);

test('it knows what the server knows of the account', async ({ page, complaints }) => {
	await password(page).fill('lovelace1815x');
	await expect(meter(page)).toBeVisible();
	await page.getByLabel('Name').fill('Ada Lovelace');
	await expect(page.getByText('It is made of your name.')).toBeVisible();
	const advice = await page.getByRole('status').filter({ hasText: 'your name' }).innerText();

	await page.getByLabel('Email').fill('ada@example.com');
	complaints.expect(/status of 400/);
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(password(page)).toBeFocused();
	// The same words, now as the reason why not.
	await expect(password(page)).toHaveAccessibleDescription(advice.replace(/\s+/g, ' ').trim());
	await expect(meter(page)).toHaveCount(0);

	await password(page).pressSequentially('9');
	await expect(password(page)).not.toHaveAttribute('aria-invalid');
	await expect(meter(page)).toBeVisible();
});

test('the dictionaries are fetched for the password alone', async ({ page }) => {
	const sizes: number[] = [];
	page.on('response', (response) => {
		void response
			.body()
			.then((body) => sizes.push(body.length))
			.catch(() => undefined);
	});
	await page.reload({ waitUntil: 'networkidle' });
	await page.getByLabel('Name').fill('Ada');
	await page.getByLabel('Email').focus();
	expect(sizes.every((size) => size < 150_000)).toBe(true);

	await password(page).focus();
	await expect.poll(() => sizes.some((size) => size > 150_000)).toBe(true);
});

test('what was typed before the page came alive is judged too', async ({ page }) => {
	// The scripts wait until there is a password.
	const held: Route[] = [];
	let typed = false;
	await page.route('**/_app/immutable/**/*.js', async (route) => {
		if (typed) await route.continue();
		else held.push(route);
	});
	await page.reload({ waitUntil: 'commit' });
	await password(page).fill('Password123');
	typed = true;
	await Promise.all(held.map((route) => route.continue()));
	await expect(meter(page)).toBeVisible();
	await expect(password(page)).toHaveValue('Password123');
});

test('where the dictionaries don’t arrive, the form still does', async ({ page, complaints }) => {
	complaints.expect(/ERR_FAILED/);
	await page.reload({ waitUntil: 'networkidle' });
	await page.route('**/_app/immutable/**/*.js', (route) => route.abort());
	await page.getByLabel('Email').fill(`${crypto.randomUUID()}@example.com`);
	await password(page).fill('quiet walrus tangerine 9');
	await expect(page.getByText('The password could not be checked.')).toBeVisible();
	await page.unroute('**/_app/immutable/**/*.js');
	await page.getByRole('button', { name: 'Create account' }).click();
	await expect(page).toHaveURL('/inbox');
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test('the meter is accessible', { tag: '@mobile' }, async ({ page }) => {
			for (const text of ['Password123', 'quiet walrus tangerine 9']) {
				await password(page).fill(text);
				await expect(meter(page)).toHaveAttribute('aria-valuenow', text.includes(' ') ? '4' : '1');
				await expectAccessible(page);
			}
		});
	});
}
