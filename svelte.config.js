import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { sourceVersion } from './src/build.js';

// Set by src/build.js, which builds beside the build at hand.
const workshop = process.env.LATCHKEY_WORKSHOP;

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
	kit: {
		adapter: adapter({ out: workshop ? `${workshop}/build` : 'build' }),
		outDir: workshop ? `${workshop}/kit` : '.svelte-kit',
		version: { name: sourceVersion() },
		csp: {
			mode: 'nonce',
			directives: {
				'default-src': ['self'],
				'script-src': ['self'],
				// svelte-sonner and bits-ui place elements with style attributes.
				'style-src': ['self', 'unsafe-inline'],
				'img-src': ['self', 'data:'],
				'font-src': ['self'],
				'connect-src': ['self'],
				'object-src': ['none'],
				'base-uri': ['none'],
				'form-action': ['self'],
				'frame-ancestors': ['none']
			}
		},
		// hooks.server.ts judges the origin of every state-changing request, for all content types.
		csrf: { trustedOrigins: ['*'] },
		typescript: {
			// Kit's list leaves out what lies in the root, and its wildcards names that begin with a dot.
			config: (config) => {
				config.include.push('../*.config.js', '../*.config.ts', '../src/routes/.well-known/**/*.ts');
			}
		}
	}
};
