import { readFile } from 'node:fs/promises';
import type { BrowserContext, Page } from '@playwright/test';
import { expect, expectAccessible, randomAccount, test, type Account } from './fixtures';
import { call, signInProgram, totp } from './programs';

const row = (page: Page, device: string) =>
	page.getByRole('listitem').filter({ has: page.getByText(device, { exact: true }) });

async function open(page: Page, title: string) {
	await page
		.locator('summary')
		.filter({ has: page.getByText(title, { exact: true }) })
		.click();
}

async function confirmPassword(page: Page, password: string, button: string) {
	const form = page.locator('form').filter({ has: page.getByRole('button', { name: button }) });
	await form.getByLabel('Current password').fill(password);
	await form.getByRole('button', { name: button }).click();
}

/** Turns two-factor sign-in on, and returns what the page shows for it once. */
async function enrol(page: Page, { password }: Account) {
	await open(page, 'Two-factor sign-in');
	await confirmPassword(page, password, 'Go on');
	await expect(page.getByRole('img', { name: 'QR code for an authenticator app' })).toBeVisible();
	const secret = await page.locator('code').innerText();
	await page.getByLabel('Code').fill(totp(secret));
	await page.getByRole('button', { name: 'Turn it on' }).click();
	await expect(page.getByRole('heading', { name: 'Keep these recovery codes' })).toBeVisible();
	const codes = await page
		.getByRole('list', { name: 'Recovery codes' })
		.getByRole('listitem')
		.allInnerTexts();
	expect(new Set(codes).size).toBe(10);
	return { secret, codes };
}

async function startSignIn(baseURL: string, { email, password }: Account) {
	const { data } = await call(baseURL, 'auth.signIn', { input: { email, password } });
	return data as { status: string; ticket: string };
}

test.beforeEach(async ({ page, account }) => {
	expect(account.email).toBeTruthy();
	await page.goto('/settings/security');
});

for (const javaScriptEnabled of [true, false]) {
	test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
		test.use({ javaScriptEnabled });

		test(
			'the password is changed, and everything else is signed out',
			{ tag: '@mobile' },
			async ({ page, account, complaints, baseURL }) => {
				complaints.expect(/status of 40[013]/);
				const { accessToken } = await signInProgram(baseURL!, account);
				await open(page, 'Password');
				const change = page.getByRole('button', { name: 'Change the password' });
				const current = page.locator('form').filter({ has: change }).getByLabel('Current password');
				const chosen = page.getByLabel('New password', { exact: true });

				await current.fill(account.password);
				await chosen.fill('password1');
				await change.click();
				await expect(chosen).toHaveAttribute('aria-invalid', 'true');
				await expect(chosen).toBeFocused();
				expect(await page.content()).not.toContain('password1');

				const password = 'plinth otter quasar lantern';
				await current.fill('not the right one');
				await chosen.fill(password);
				await change.click();
				await expect(page.getByText('This is not your current password.')).toBeVisible();
				await expect(current).toBeFocused();

				await current.fill(account.password);
				await chosen.fill(password);
				await change.click();
				await expect(
					page.getByText('Your password is changed, and everything else is signed out.')
				).toBeVisible();
				await expect(page.getByText('The password was changed')).toBeVisible();
				expect((await call(baseURL!, 'auth.me', { query: true, token: accessToken })).reason).toBe(
					'session_over'
				);
				await signInProgram(baseURL!, { ...account, password });
				await page.reload();
				await expect(page).toHaveURL(/\/settings\/security/);
			}
		);

		test(
			'two-factor sign-in is turned on with an authenticator app',
			{ tag: '@mobile' },
			async ({ page, account, complaints, baseURL }) => {
				complaints.expect(/status of 401/);
				await open(page, 'Two-factor sign-in');
				await confirmPassword(page, 'not the right one', 'Go on');
				await expect(page.getByText('This is not your current password.')).toBeVisible();
				await confirmPassword(page, account.password, 'Go on');

				// A wrong code keeps the secret: nobody scans it twice.
				const key = await page.locator('code').innerText();
				await page.getByLabel('Code').fill(totp(key, Date.now() - 3_600_000));
				await page.getByRole('button', { name: 'Turn it on' }).click();
				await expect(page.getByText('This code is not right.')).toBeVisible();
				await expect(page.getByLabel('Code')).toBeFocused();
				expect(await page.locator('code').innerText()).toBe(key);
				await expect(page.getByRole('img', { name: 'QR code for an authenticator app' })).toBeVisible();

				await page.getByLabel('Code').fill(totp(key));
				await page.getByRole('button', { name: 'Turn it on' }).click();
				const list = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
				await expect(list).toHaveCount(10);
				const codes = await list.allInnerTexts();
				await expect(page.getByText('10 of 10 left')).toBeVisible();

				const coming = page.waitForEvent('download');
				await page.getByRole('link', { name: 'Download' }).click();
				const file = await readFile(await (await coming).path(), 'utf8');
				for (const code of codes) expect(file).toContain(code);

				const { status, ticket } = await startSignIn(baseURL!, account);
				expect(status).toBe('second_factor');
				expect(
					(await call(baseURL!, 'auth.secondFactor', { input: { ticket, code: codes[3] } })).status
				).toBe(200);

				await page.goto('/settings/security');
				await expect(page.getByText('9 of 10 left')).toBeVisible();
				for (const code of codes) expect(await page.content()).not.toContain(code);
			}
		);

		test('recovery codes are made anew, and two-factor sign-in is turned off', async ({
			page,
			account,
			baseURL
		}) => {
			const { codes: old } = await enrol(page, account);
			await page.goto('/settings/security');
			await open(page, 'Recovery codes');
			await confirmPassword(page, account.password, 'Make new codes');
			const list = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
			await expect(list).toHaveCount(10);
			const codes = await list.allInnerTexts();
			expect(codes.filter((code) => old.includes(code))).toEqual([]);
			const { ticket } = await startSignIn(baseURL!, account);
			expect((await call(baseURL!, 'auth.secondFactor', { input: { ticket, code: old[0] } })).reason).toBe(
				'bad_code'
			);
			expect((await call(baseURL!, 'auth.secondFactor', { input: { ticket, code: codes[0] } })).status).toBe(
				200
			);

			await page.goto('/settings/security');
			await open(page, 'Two-factor sign-in');
			await confirmPassword(page, account.password, 'Turn it off');
			await expect(page.getByText('Two-factor sign-in is off.')).toBeVisible();
			expect((await startSignIn(baseURL!, account)).status).toBe('ok');
		});

		test('sessions are listed in words and ended', { tag: '@mobile' }, async ({ page, account, baseURL }) => {
			const [first, second, third] = [
				await signInProgram(baseURL!, account, 'Laptop'),
				await signInProgram(baseURL!, account, 'Phone'),
				await signInProgram(baseURL!, account, 'Watch')
			];
			const isOver = async ({ accessToken }: { accessToken: string }) =>
				(await call(baseURL!, 'auth.me', { query: true, token: accessToken })).reason === 'session_over';

			await page.reload();
			await expect(page.getByText('this browser', { exact: true })).toHaveCount(1);
			await expect(row(page, 'Phone')).toContainText('Program · 127.0.0.1 · active just now');
			await page.getByRole('button', { name: 'End the session of Phone' }).click();
			await expect(page.getByText('That session is over.')).toBeVisible();
			await expect(row(page, 'Phone')).toHaveCount(0);
			expect(await Promise.all([first, second, third].map(isOver))).toEqual([false, true, false]);

			await page.getByRole('button', { name: 'End all others' }).click();
			await expect(page.getByText('Everything but this browser is signed out.')).toBeVisible();
			await expect(row(page, 'Laptop')).toHaveCount(0);
			await expect(page.getByText('this browser', { exact: true })).toHaveCount(1);
			expect(await Promise.all([first, second, third].map(isOver))).toEqual([true, true, true]);
		});

		test('what happened is told in words, and page by page', async ({ page, account, baseURL }) => {
			let { refreshToken } = await signInProgram(baseURL!, account);
			for (let i = 0; i < 24; i++) {
				const { data } = await call(baseURL!, 'auth.refresh', { input: { refreshToken } });
				({ refreshToken } = data as { refreshToken: string });
			}
			await page.reload();
			const events = page.getByRole('list', { name: 'Events' }).getByRole('listitem');
			await expect(page.getByRole('img', { name: /^2 sign-ins and 0 failed attempts/ })).toBeVisible();
			await expect(events).toHaveCount(20);
			await page.getByText('Show more').click();
			await expect(events.filter({ hasText: 'The account was made' })).toHaveCount(1);
			await expect(events.filter({ hasText: 'Signed in from a new device' })).toHaveCount(1);
			await expect(events).toHaveCount(javaScriptEnabled ? 26 : 6);
			await expect(page.getByText('Show more')).toHaveCount(0);
		});
	});
}

test('the chart can be read as a table', async ({ page, account, baseURL }) => {
	const { email } = account;
	await call(baseURL!, 'auth.signIn', { input: { email, password: 'not the right one' } });
	await page.reload();
	await page.getByText('As a table').click();
	await expect(page.getByRole('row').last().getByRole('cell')).toHaveText(['1', '1']);
	await expect(page.getByText('Sign-in refused: wrong password')).toBeVisible();
});

test.describe('signed out elsewhere', () => {
	const leaves = async (page: Page, next: string) =>
		expect(page).toHaveURL(`/login?next=${encodeURIComponent(next)}`, { timeout: 1000 });

	/** Tabs that have heard from the server that they are listening, or from the tab that does. */
	async function tabs(context: BrowserContext, ...paths: string[]) {
		const opened: Page[] = [];
		for (const path of paths) {
			const page = await context.newPage();
			const connected = opened.length === 0 ? page.waitForResponse(/events\.subscribe/) : null;
			await page.goto(path);
			await connected;
			opened.push(page);
		}
		return opened;
	}

	test.beforeEach(async ({ page, complaints }) => {
		complaints.expect(/status of 401/);
		await page.close();
	});

	test('signing out in one tab ends the others within a second', async ({ context, account }) => {
		const [one, two, three] = await tabs(context, '/inbox', '/settings/api', '/settings/security?from=here');
		// The one that holds the connection goes first, so that another has to take it over.
		await one!.getByRole('button', { name: /Account/ }).click();
		await one!.getByRole('button', { name: 'Sign out' }).click();
		await expect(one!).toHaveURL('/login');
		await Promise.all([leaves(two!, '/settings/api'), leaves(three!, '/settings/security?from=here')]);
		await expect(two!.getByText('You are signed out.')).toBeVisible();

		await two!.getByLabel('Email').fill(account.email);
		await two!.getByLabel('Password', { exact: true }).fill(account.password);
		await two!.getByRole('button', { name: 'Sign in' }).click();
		await expect(two!).toHaveURL('/settings/api');
	});

	test('and so does signing out in a tab that only listens', async ({ context }) => {
		const [one, two] = await tabs(context, '/inbox', '/settings/security');
		await two!.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
		await expect(two!).toHaveURL('/login');
		await leaves(one!, '/inbox');
	});

	test('a session that is ended from another device', async ({ context, account, baseURL }) => {
		const { accessToken, sessionId } = await signInProgram(baseURL!, account);
		const [one, two] = await tabs(context, '/inbox', '/settings/account');
		const { data } = await call(baseURL!, 'account.sessions', { query: true, token: accessToken });
		const browser = (data as { id: string }[]).find(({ id }) => id !== sessionId)!;
		await call(baseURL!, 'account.revokeSession', { input: { id: browser.id }, token: accessToken });
		await Promise.all([leaves(one!, '/inbox'), leaves(two!, '/settings/account')]);
	});

	test('a password that is changed from another device', async ({ context, account, baseURL }) => {
		const { accessToken } = await signInProgram(baseURL!, account);
		const [one, two] = await tabs(context, '/inbox', '/settings/account');
		const input = { currentPassword: account.password, newPassword: 'plinth otter quasar lantern' };
		await call(baseURL!, 'account.changePassword', { input, token: accessToken });
		await Promise.all([leaves(one!, '/inbox'), leaves(two!, '/settings/account')]);
	});

	test('an account that is deleted in one tab', async ({ context, account }) => {
		const [one, two] = await tabs(context, '/inbox', '/settings/account');
		await two!.getByText('Delete the account').first().click();
		await two!.getByRole('checkbox').check();
		await confirmPassword(two!, account.password, 'Delete the account');
		await expect(two!).toHaveURL('/login?after=deletion');
		await leaves(one!, '/inbox');
	});

	test('where there are no locks, as over plain http', async ({ context }) => {
		await context.addInitScript(() => {
			Reflect.deleteProperty(Navigator.prototype, 'locks');
		});
		const [one, two] = await tabs(context, '/inbox', '/settings/security');
		await two!.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
		await leaves(one!, '/inbox');
	});

	test('somebody else who signs in here is shown what is theirs', async ({ context, account, baseURL }) => {
		const other = randomAccount();
		const [page] = await tabs(context, '/settings/account');
		await expect(page!.getByLabel('Name')).toHaveValue(account.name);
		await context.request.post('/signup', {
			form: { ...other, name: 'Grace' },
			headers: { origin: baseURL! },
			maxRedirects: 0
		});
		const { accessToken } = await signInProgram(baseURL!, account);
		await call(baseURL!, 'account.revokeOtherSessions', { token: accessToken });
		await expect(page!.getByLabel('Name')).toHaveValue('Grace');
		await expect(page!.getByRole('main').getByText(other.email, { exact: true })).toBeVisible();
	});

	test('all tabs share one connection', async ({ context }) => {
		let connections = 0;
		context.on('request', (request) => {
			if (request.url().includes('events.subscribe')) connections++;
		});
		const [one, two] = await tabs(context, '/inbox', '/settings/api', '/settings/account');
		expect(connections).toBe(1);
		const taken = context.waitForEvent('request', (request) => request.url().includes('events.subscribe'));
		await one!.close();
		await taken;
		await two!.reload();
		expect(connections).toBeLessThanOrEqual(3);
	});
});

for (const colorScheme of ['light', 'dark'] as const) {
	test.describe(`in ${colorScheme} colours`, () => {
		test.use({ colorScheme });

		test(
			'the page is accessible, with many sessions and in every state',
			{ tag: '@mobile' },
			async ({ page, account, complaints, baseURL }) => {
				complaints.expect(/status of 40[03]/);
				for (let i = 0; i < 9; i++) await signInProgram(baseURL!, account, 'W'.repeat(100));
				await page.reload();
				await expectAccessible(page);
				await page.getByText('Show 2 more').click();
				await open(page, 'Password');
				await page.getByRole('button', { name: 'Change the password' }).click();
				await expect(page.getByText('Choose a new password.')).toBeVisible();
				await expectAccessible(page);
				await open(page, 'Password');

				await open(page, 'Two-factor sign-in');
				await confirmPassword(page, account.password, 'Go on');
				await expect(page.getByRole('img', { name: 'QR code for an authenticator app' })).toBeVisible();
				await expectAccessible(page);
				await page.getByLabel('Code').fill(totp(await page.locator('code').innerText()));
				await page.getByRole('button', { name: 'Turn it on' }).click();
				await expect(page.getByRole('heading', { name: 'Keep these recovery codes' })).toBeFocused();
				await expectAccessible(page);
				expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
			}
		);
	});
}
