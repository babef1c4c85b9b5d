import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	plugins: [tailwindcss(), sveltekit()],
	// The port that ORIGIN names by default, for forms must come from ORIGIN.
	server: { port: Number(process.env.PORT ?? 3000), strictPort: true }
});
