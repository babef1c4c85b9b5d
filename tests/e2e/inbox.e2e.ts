import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures';

async function add(page: Page, title: string) {
	const box = page.getByRole('textbox', { name: 'Add a task' });
	await box.fill(title);
	await box.press('Enter');
	await expect(complete(page, title)).toBeVisible();
}

const complete = (page: Page, title: string) => page.getByLabel(`Complete: ${title}`, { exact: true });
const remove = (page: Page, title: string) => page.getByLabel(`Delete: ${title}`, { exact: true });
const rename = (page: Page, title: string) => page.getByLabel(`Rename: ${title}`, { exact: true });

/** Does it, and waits until the server has it; the page shows it before. */
async function saved(page: Page, act: () => Promise<void>) {
	const answer = page.waitForResponse(
		(response) => response.request().method() === 'POST' && response.url().includes('/trpc/')
	);
	await act();
	expect((await answer).ok()).toBe(true);
}

test.beforeEach(async ({ page, account }) => {
	expect(account.email).toBeTruthy();
	await page.goto('/inbox');
});

test('a task is added, and still there after a reload', { tag: '@mobile' }, async ({ page }) => {
	await saved(page, () => add(page, 'Buy milk'));
	await expect(page.getByRole('textbox', { name: 'Add a task' })).toHaveValue('');
	await page.reload();
	await expect(complete(page, 'Buy milk')).toBeVisible();
});

test('a task is renamed', async ({ page }) => {
	await saved(page, () => add(page, 'Buy milk'));
	await rename(page, 'Buy milk').click();
	await page.keyboard.press('ControlOrMeta+a');
	await page.keyboard.type('Buy oat milk');
	await saved(page, () => page.keyboard.press('Enter'));
	await expect(complete(page, 'Buy oat milk')).toBeVisible();
	await page.reload();
	await expect(complete(page, 'Buy oat milk')).toBeVisible();
	await expect(complete(page, 'Buy milk')).toHaveCount(0);
});

for (const [what, control] of [
	['completed', complete],
	['deleted', remove]
] as const) {
	test(`a task is ${what}, and back with Undo`, async ({ page }) => {
		await saved(page, () => add(page, 'Keep me'));
		await saved(page, () => add(page, 'Buy milk'));

		await saved(page, () => control(page, 'Buy milk').click());
		await expect(complete(page, 'Buy milk')).toHaveCount(0);
		await saved(page, () => page.getByRole('button', { name: 'Undo' }).click());
		await expect(complete(page, 'Buy milk')).toBeVisible();
		await page.reload();
		await expect(complete(page, 'Buy milk')).toBeVisible();

		await saved(page, () => control(page, 'Buy milk').click());
		await page.reload();
		await expect(complete(page, 'Keep me')).toBeVisible();
		await expect(complete(page, 'Buy milk')).toHaveCount(0);
	});
}

test.describe('without JavaScript', () => {
	test.use({ javaScriptEnabled: false });

	test('tasks are added, completed and deleted', async ({ page }) => {
		await add(page, 'Buy milk');
		await add(page, 'Feed the cat');
		await complete(page, 'Buy milk').click();
		await expect(complete(page, 'Buy milk')).toHaveCount(0);
		await remove(page, 'Feed the cat').click();
		await expect(complete(page, 'Feed the cat')).toHaveCount(0);
	});
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test('the inbox is accessible, empty and with tasks', { tag: '@mobile' }, async ({ page }) => {
			await expectAccessible(page);
			await add(page, 'Buy milk');
			await add(page, 'A'.repeat(200));
			await expectAccessible(page);
		});
	});
}
