import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// Who may import whom. `no-restricted-imports` is not merged: for each file the last block below that names
// it says all of it, so the blocks go from the general to the particular.

/**
 * @param {...object} patterns
 * @returns {import('eslint').Linter.RulesRecord}
 */
const refuse = (...patterns) => ({
	'no-restricted-imports': patterns.length ? ['error', { patterns }] : 'off'
});

const sessionLibraries = {
	regex: '^(lucia|oslo)(/|$)',
	message: 'Only src/lib/server/auth/ knows these libraries, so that they can be replaced there.'
};

const onlyQueries = 'Only queries.ts and db/ speak to the database.';
const drivers = { regex: '^(drizzle-orm|postgres)(/|$)', message: onlyQueries };
const schema = { regex: '(^|/)db/schema(\\.\\w+)?$', message: onlyQueries };
const connection = {
	regex: '(^|/)db/connect(\\.\\w+)?$',
	allowImportNames: [
		'isDatabaseAway',
		'isOwnerGone',
		'databaseAnswers',
		'listen',
		'transaction',
		'Transaction'
	],
	message: onlyQueries
};
const lifecycle = {
	regex: '(^|/)db/(?!(connect|schema)(\\.\\w+)?$)',
	message: 'Only hooks.server.ts opens, migrates and closes the database.'
};
const database = [drivers, schema, connection, lifecycle];

/**
 * @param {object} pattern
 * @returns {import('eslint').Linter.RulesRecord}
 */
const refuseServer = (pattern) => ({
	'@typescript-eslint/no-restricted-imports': [
		'error',
		// Not @trpc/server.
		{ patterns: [{ regex: '^(\\$lib|\\.{1,2}(/.+)?)/server(/|$)', ...pattern }] }
	]
});

const imports = defineConfig(
	{ rules: refuse(sessionLibraries, ...database) },
	{ files: ['src/lib/server/auth/**'], rules: refuse(...database) },
	{
		files: ['src/lib/server/*/queries.ts', 'src/lib/server/db/**', 'tests/**'],
		rules: refuse(sessionLibraries)
	},
	// It runs without a build, so it has none of our modules to ask.
	{ files: ['src/rotate-keys.js'], rules: refuse(sessionLibraries) },
	{ files: ['src/lib/server/auth/queries.ts'], rules: refuse() },
	{
		files: ['src/hooks.server.ts'],
		rules: refuse(sessionLibraries, drivers, schema, {
			...connection,
			allowImportNames: [...connection.allowImportNames, 'connect', 'disconnect']
		})
	},
	{
		files: ['src/**'],
		ignores: [
			'src/lib/server/**',
			'src/routes/**/{+server,*.server}.ts',
			'src/hooks.server.ts',
			'src/{start,build,rotate-keys}.js'
		],
		rules: refuseServer({
			allowTypeImports: true,
			message: 'Server code runs in +server.ts and *.server.ts; elsewhere import its types only.'
		})
	},
	{
		files: ['src/lib/{quick-add,recurrence}/**'],
		rules: refuseServer({ message: 'The page and the API share this, so it imports no server code.' })
	},
	{
		files: ['src/lib/schemas/**'],
		rules: refuseServer({ regex: '^(\\$|\\.\\.)', message: 'Schemas import nothing of ours but each other.' })
	}
);

export default defineConfig(
	globalIgnores([
		'.svelte-kit/',
		'build/',
		'data/',
		'dist/',
		'drizzle/',
		'tests/results/',
		'tests/bench/results/'
	]),
	js.configs.recommended,
	ts.configs.strictTypeChecked,
	ts.configs.stylisticTypeChecked,
	svelte.configs.recommended,
	svelte.configs.prettier,
	{
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		languageOptions: {
			globals: { ...globals.browser, ...globals.node },
			parserOptions: {
				projectService: true,
				extraFileExtensions: ['.svelte']
			}
		},
		rules: {
			// The compiler resolves names, in Svelte's files too.
			'no-undef': 'off',
			// Interfaces are for what others add to, such as App.Locals.
			'@typescript-eslint/consistent-type-definitions': 'off',
			// `const { passwordHash: _, ...user } = row` leaves a field out.
			'@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			// `() => list.push(x)` and `return close()` are plain where nobody looks at the value.
			'@typescript-eslint/no-confusing-void-expression': 'off',
			// Code points are what PostgreSQL's char_length counts, and so what our limits count.
			'@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }] }]
		}
	},
	{
		files: ['**/*.svelte', '**/*.svelte.{js,ts}'],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } }
	},
	{
		rules: {
			// ORIGIN has no path, so neither have links a base.
			'svelte/no-navigation-without-resolve': 'off'
		}
	},
	{
		files: ['**/*.js'],
		rules: {
			// A cast in a comment is seen by the compiler, but not by these.
			'@typescript-eslint/no-unsafe-argument': 'off',
			'@typescript-eslint/no-unsafe-assignment': 'off',
			'@typescript-eslint/no-unsafe-call': 'off',
			'@typescript-eslint/no-unsafe-member-access': 'off',
			'@typescript-eslint/no-unsafe-return': 'off'
		}
	},
	{
		files: ['**/*.test.ts', 'tests/**'],
		rules: {
			// A test that meets an undefined fails by itself, and says where.
			'@typescript-eslint/no-non-null-assertion': 'off'
		}
	},
	imports
);
