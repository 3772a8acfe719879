// The frame of every page that the server renders: no script, nothing from outside, one stylesheet.
import { html, type Html } from "./html.ts";

export const stylePath = "/docs/style.css";

export const pageHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "public, max-age=300",
};

export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Ringback</title>
        <link rel="stylesheet" href="${stylePath}" />
      </head>
      <body>
        ${body}
      </body>
    </html> `.text;
}
