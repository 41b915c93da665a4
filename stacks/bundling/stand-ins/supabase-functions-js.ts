export {
  LeftOut as FunctionRegion,
  LeftOut as FunctionsClient,
  LeftOut as FunctionsError,
  LeftOut as FunctionsFetchError,
  LeftOut as FunctionsHttpError,
  LeftOut as FunctionsRelayError,
} from "./left-out.ts";
