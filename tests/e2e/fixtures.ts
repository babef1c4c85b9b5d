import { randomBytes } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';

export { expect };

export type Account = { name: string; email: string; password: string };

export const randomAccount = (): Account => ({
	name: 'Ada Lovelace',
	email: `${randomBytes(8).toString('hex')}@example.com`,
	password: randomBytes(12).toString('base64url')
});

type Complaints = {
	/** These are part of the test, such as the 401 of a wrong password. */
	expect(pattern: RegExp): void;
	/** A context that the test made itself. */
	watch(context: BrowserContext): void;
};

export const test = base.extend<{ account: Account; complaints: Complaints }>({
	baseURL: process.env.BASE_URL,

	/** A new account, which the browser is signed in to. */
	account: async ({ context, baseURL }, use) => {
		const account = randomAccount();
		const response = await context.request.post('/signup', {
			form: account,
			// Kit answers in JSON to whoever doesn't ask for a page.
			headers: { origin: baseURL!, accept: 'text/html' },
			maxRedirects: 0
		});
		expect(response.status(), await response.text()).toBe(303);
		await use(account);
	},

	/** No test passes with an error in the console that it didn't expect; violations of the CSP are among them. */
	complaints: [
		async ({ context }, use) => {
			const expected: RegExp[] = [];
			const heard: string[] = [];
			const watch = (watched: BrowserContext) => {
				watched.on('console', (message) => {
					if (message.type() === 'error') heard.push(`${message.text()} (${message.location().url})`);
				});
				watched.on('weberror', (error) => heard.push(error.error().stack ?? error.error().message));
			};
			watch(context);
			await use({ expect: (pattern) => expected.push(pattern), watch });
			expect(heard.filter((line) => !expected.some((pattern) => pattern.test(line)))).toEqual([]);
		},
		{ auto: true }
	]
});

/** Nothing on the page breaks WCAG 2.2 AA, as far as a program can tell. */
export async function expectAccessible(page: Page) {
	const { violations } = await new AxeBuilder({ page })
		.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
		.analyze();
	const found = violations.flatMap(({ id, help, nodes }) =>
		nodes.map((node) => `${id}: ${help}: ${node.html} ${node.failureSummary ?? ''}`)
	);
	expect(found).toEqual([]);
}
