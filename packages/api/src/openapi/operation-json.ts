// One route as an Operation Object of the document.
import type { Route } from "../routes/route.ts";
import { callbackJson } from "./webhooks.ts";
import type { Components, Json } from "./components.ts";
import type { Example, Operation, OperationBody } from "./operation.ts";
import { answersJson } from "./answers-json.ts";
import { parametersJson } from "./parameters-json.ts";

export function operationJson(route: Route, components: Components): Json {
  const { operation } = route;
  const { id, tag, summary, description, body, callsBack } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(route),
    ...(route.access === "open" || operation.acceptsToken === "run" ? {} : { "x-scope": route.access }),
    ...present("parameters", parametersJson(operation, components)),
    ...(body === undefined ? {} : { requestBody: bodyJson(operation, body, components) }),
    responses: answersJson(route, components),
    ...(callsBack === true ? { callbacks: callbackJson(id, components) } : {}),
  };
}

/** Bearer keys have no scopes in OpenAPI's own sense; 3.1 lets a list of roles stand there. */
function securityOf({ access, operation }: Route): readonly Json[] {
  if (access === "open") return [];
  if (operation.acceptsToken === "run") return [{ runToken: [] }];
  return [{ key: [access] }, ...(operation.acceptsToken === "result" ? [{ resultToken: [] }] : [])];
}

function bodyJson(
  { examples }: Operation,
  { schema, mayBeEmpty, mayBeMergePatch, mayBeBytes }: OperationBody,
  components: Components,
): Json {
  const bodies = examples.filter((example): example is Example & { readonly body: unknown } =>
    Object.hasOwn(example, "body"),
  );
  const form = {
    schema: components.schemaOf(schema),
    ...present(
      "examples",
      Object.fromEntries(bodies.map(({ name, summary, body }) => [name, { summary, value: body }])),
    ),
  };
  return {
    required: mayBeEmpty !== true,
    content: {
      "application/json": form,
      ...(mayBeMergePatch === true ? { "application/merge-patch+json": form } : {}),
      ...(mayBeBytes === true ? { "*/*": { schema: {} } } : {}),
    },
  };
}

/** Left out when there is nothing in it. */
function present(name: string, members: object): Json {
  return Object.keys(members).length === 0 ? {} : { [name]: members };
}
