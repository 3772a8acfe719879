// An example as a line for a shell. Whatever stands in it is quoted: it runs nothing but curl.
import type { Placed } from "./docs-document.ts";

export function curlOf({ method, path, operation }: Placed, name: string): string {
  const { parameters = [], requestBody } = operation;
  const values = parameters.flatMap((parameter) => {
    const value = parameter.examples?.[name]?.value;
    return value === undefined
      ? []
      : [{ ...parameter, value: typeof value === "string" ? value : JSON.stringify(value) }];
  });
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, parameter: string) => {
    const value = values.find((given) => given.in === "path" && given.name === parameter)?.value;
    return value === undefined ? whole : encodeURIComponent(value);
  });
  const query = values
    .filter(({ in: place }) => place === "query")
    .map((given) => `${encodeURIComponent(given.name)}=${encodeURIComponent(given.value)}`)
    .join("&");
  const [body] = Object.values(requestBody?.content ?? {}).flatMap(({ examples }) =>
    examples?.[name] === undefined ? [] : [examples[name].value],
  );
  const isOpen = operation["x-scope"] === undefined;
  const parts = [
    `curl -i${method === "get" ? "" : ` -X ${method.toUpperCase()}`} "$RINGBACK_URL${inDoubleQuotes(filled)}${query === "" ? "" : `?${inDoubleQuotes(query)}`}"`,
    ...(isOpen ? [] : ['-H "Authorization: Bearer $RINGBACK_KEY"']),
    ...values
      .filter(({ in: place }) => place === "header")
      .map((given) => `-H ${quoted(`${given.name}: ${given.value}`)}`),
    ...(body === undefined
      ? []
      : ["-H 'content-type: application/json'", `-d ${quoted(JSON.stringify(body, null, 2))}`]),
  ];
  return parts.join(" \\\n  ");
}

/** For a POSIX shell: nothing has a meaning inside single quotes but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function inDoubleQuotes(text: string): string {
  return text.replaceAll(/[\\"$`!]/g, String.raw`\$&`);
}
