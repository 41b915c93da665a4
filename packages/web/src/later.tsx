import { type ComponentType, lazy } from "react";
import { inTime } from "./buttons/in-time.ts";
import { LoadFailed } from "./components/notice.tsx";
import { Page } from "./components/page.tsx";

/**
 * A component that is loaded when it is first shown. One that does not come in time has not been loaded, and is no skeleton for ever.
 * @param name what its module exports it as
 * @param Failed what is shown in its place then. Default: a page that says so
 */
export function later<Name extends string, Props>(
  name: Name,
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  Failed: ComponentType = PageNotLoaded,
) {
  return lazy<ComponentType<Props>>(() =>
    inTime(load()).then(
      (module) => ({ default: module[name] }),
      () => ({ default: Failed as ComponentType<Props> }),
    ),
  );
}

/** Offers to load all anew: a browser that could not fetch a module once does not ask for it again. */
export function NotLoaded(props: { what: string; isOurs?: boolean }) {
  return <LoadFailed {...props} retry={() => window.location.reload()} />;
}

function PageNotLoaded() {
  return (
    <Page title="Not loaded" narrow>
      <h1>Not loaded</h1>
      <NotLoaded what="This page" />
    </Page>
  );
}
