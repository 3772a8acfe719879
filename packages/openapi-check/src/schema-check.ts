// Values against the schemas of a document, found by pointer and compiled once each.
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormatsModule from "ajv-formats";
import type { OpenApi } from "./open-api.ts";

export interface SchemaCheck {
  /** One text per violation; `pointer` leads to the schema within the document. */
  problems(pointer: string, value: unknown): string[];
}

type Validate = ReturnType<Ajv2020["compile"]>;

// The package is CommonJS: its function is the module itself at run time, and its `default` to the compiler.
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;

export function createSchemaCheck(document: OpenApi): SchemaCheck {
  // Not strict: a document has many members that are no schema keywords. Not inlined: a component is compiled once, and not
  // again in every answer that speaks of it.
  const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false });
  addFormats(ajv);
  ajv.addSchema(document, "document:");
  const compiled = new Map<string, Validate>();
  return {
    problems(pointer, value) {
      let validate = compiled.get(pointer);
      if (validate === undefined) {
        validate = ajv.compile({ $ref: `document:#${encodeURI(pointer)}` });
        compiled.set(pointer, validate);
      }
      // A schema with `$async`, which a document has no use for, would be a promise here.
      if (validate(value) === true) return [];
      return (validate.errors ?? []).map(({ instancePath, message = "is not valid", params }) => {
        const where = instancePath === "" ? "the body" : instancePath;
        return `${where} ${message} ${JSON.stringify(params)}`;
      });
    },
  };
}
