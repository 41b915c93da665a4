/**
 * Leaves no row in these tables, nor in what refers to them. Only those that hold rows are truncated: a truncated table gets new
 * files for itself and for each of its indexes, which takes longer than most tests.
 * @param tables SQL that selects them
 */
export const emptying = (tables: string): string => `
  do $$
  declare
    place regclass;
    has_rows boolean;
    filled regclass[] := '{}';
  begin
    for place in ${tables} loop
      execute format('select exists (select from %s)', place) into has_rows;
      if has_rows then filled := filled || place; end if;
    end loop;
    if filled <> '{}' then
      execute format('truncate %s restart identity cascade', array_to_string(filled, ', '));
    end if;
  end $$`;
