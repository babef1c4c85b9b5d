import { uuidv7 } from 'uuidv7';
import * as schemas from '../../schemas/filters';
import { byId } from '../../schemas/rows';
import { Refusal } from '../errors';
import { protectedProcedure, router } from '../trpc/init';
import * as filters from './queries';
import type { SavedFilter } from './queries';
import { canonical } from './rules';

const found = (filter: SavedFilter | null): SavedFilter => {
	if (!filter) throw new Refusal('not_found');
	return filter;
};

export const filtersRouter = router({
	list: protectedProcedure.query(({ ctx }) => filters.list(ctx.user.id)),

	create: protectedProcedure.input(schemas.createFilter).mutation(async ({ ctx, input }) => {
		const { id = uuidv7(), name } = input;
		const query = canonical(input.query, ctx.user.timezone);
		const created = await filters.insert(ctx.user.id, { id, name, query });
		return created ?? found(await filters.find(ctx.user.id, id));
	}),

	update: protectedProcedure.input(schemas.updateFilter).mutation(async ({ ctx, input }) => {
		const { query, ...rest } = input;
		const kept = query === undefined ? undefined : canonical(query, ctx.user.timezone);
		return found(await filters.update(ctx.user.id, { ...rest, query: kept }));
	}),

	delete: protectedProcedure.input(byId).mutation(async ({ ctx, input }) => {
		found(await filters.remove(ctx.user.id, input.id));
		return { ok: true as const };
	})
});
