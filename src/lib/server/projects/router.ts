import { generateKeyBetween } from 'fractional-indexing';
import { uuidv7 } from 'uuidv7';
import { byId } from '../../schemas/rows';
import * as schemas from '../../schemas/projects';
import { transaction } from '../db/connect';
import { InvalidInput, Refusal } from '../errors';
import * as tasks from '../tasks/queries';
import { lastPosition } from '../tasks/rules';
import { protectedProcedure, router } from '../trpc/init';
import * as projects from './queries';
import type { Project } from './queries';

const found = (project: Project | null): Project => {
	if (!project) throw new Refusal('not_found');
	return project;
};

export const projectsRouter = router({
	list: protectedProcedure.query(({ ctx }) => projects.list(ctx.user.id)),

	create: protectedProcedure.input(schemas.createProject).mutation(async ({ ctx, input }) => {
		const { id = uuidv7(), name, color } = input;
		const created = await projects.insert(ctx.user.id, {
			id,
			name,
			color,
			position: lastPosition(Date.now(), Math.random())
		});
		return created ?? found(await projects.find(ctx.user.id, id));
	}),

	update: protectedProcedure.input(schemas.updateProject).mutation(async ({ ctx, input }) => {
		const { id, version, ...fields } = input;
		const updated = await projects.update(ctx.user.id, id, fields, { version });
		if (updated) return updated;
		throw new Refusal('version_conflict', { current: found(await projects.find(ctx.user.id, id)) });
	}),

	archive: protectedProcedure
		.input(schemas.archiveProject)
		.mutation(async ({ ctx, input: { id, archived } }) =>
			found(await projects.update(ctx.user.id, id, { archived }))
		),

	/** Its tasks go to the trash, from where they come back to the inbox. */
	delete: protectedProcedure.input(byId).mutation(({ ctx, input }) =>
		transaction(async (tx) => {
			await tasks.lockOwner(ctx.user.id, tx);
			found(await projects.find(ctx.user.id, input.id, tx));
			await tasks.trashProject(ctx.user.id, input.id, tx);
			await projects.remove(ctx.user.id, input.id, tx);
			return { ok: true as const };
		})
	),

	move: protectedProcedure.input(schemas.moveProject).mutation(({ ctx, input: { id, after } }) =>
		transaction(async (tx) => {
			await tasks.lockOwner(ctx.user.id, tx);
			found(await projects.find(ctx.user.id, id, tx));
			const sibling = after === null ? null : await projects.find(ctx.user.id, after, tx);
			if (after !== null && !sibling) throw new InvalidInput({ after: ['You have no such project.'] });
			const gap = await projects.gapBehind(ctx.user.id, sibling?.position ?? null, tx);
			return found(
				await projects.update(ctx.user.id, id, { position: generateKeyBetween(...gap) }, { on: tx })
			);
		})
	)
});
