/**
 * Leaves no row in these tables, nor in what refers to them. Their rows are deleted one by one: a truncated table gets new files for
 * itself and for each of its indexes, which takes longer than most tests. What rows have left behind makes a table grow, and one that
 * has grown large is truncated.
 * @param tables SQL that selects them
 */
export const emptying = (tables: string): string => `
  do $$
  declare
    place regclass;
    filled regclass[];
  begin
    execute (
      select format('select array_remove(array[%s], null)', string_agg(
        format('case when exists (select from %1$s) then %1$L::regclass end', oid::regclass), ', '
      ))
      from (${tables}) every (oid)
    ) into filled;
    if filled = '{}' then return; end if;
    -- Of what goes as a whole no trigger is to make something, nor is a row to be looked for that refers to another.
    perform set_config('session_replication_role', 'replica', true);
    for place in
      with recursive emptied (place) as (
        select unnest(filled)
        union
        select conrelid::regclass from pg_constraint join emptied on confrelid = emptied.place where contype = 'f'
      )
      select emptied.place from emptied
    loop
      execute format(case when pg_relation_size(place) < 500000 then 'delete from %s' else 'truncate %s cascade' end, place);
    end loop;
    perform setval(objid::regclass, 1, false) from pg_depend
    where refobjid = any (filled) and deptype in ('a', 'i')
      and classid = 'pg_class'::regclass and objid in (select oid from pg_class where relkind = 'S');
    perform set_config('session_replication_role', 'origin', true);
  end $$`;
