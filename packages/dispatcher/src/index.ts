// The door of dispatcher: the address guard, the sender of webhooks, and the `http` kind.
export { parseAllowNetworks } from "./address/allow-networks.ts";
export type { AllowedNetwork } from "./address/allow-networks.ts";
export { createAddressGuard } from "./address/guard.ts";
export type { AddressGuardOptions, GuardedConnections, OwnAddress } from "./address/guard.ts";
export { createDispatcher } from "./dispatcher.ts";
export type { Dispatcher, DispatcherOptions, DispatcherSettings } from "./dispatcher.ts";
export { createHttpKind } from "./kind/http-kind.ts";
export type { HttpKindOptions } from "./kind/http-kind.ts";
export { headerProblem } from "./lane/custom-header.ts";
