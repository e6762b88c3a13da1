import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { manifests } from "./manifests.ts";
import { projectFiles, projectFolder, read } from "./tree.ts";

/** What the documents name exists: files behind links, paths in backticks, npm's scripts. */
export function documents(): string[] {
  const scripts = manifests().find(({ path }) => path === "package.json")?.scripts ?? {};
  return projectFiles()
    .filter((path) => path.endsWith(".md"))
    .flatMap((document) => {
      const text = read(document);
      return [
        ...deadLinks(document, text).map((target) => `${document} links to ${target}, which does not exist`),
        ...deadPaths(document, text).map((path) => `${document} names ${path}, which does not exist`),
        ...unknownScripts(text, scripts).map((name) => `${document} says npm run ${name}, which is no script`),
      ];
    });
}

/** Targets of relative links that are no file, and anchors that are no heading of their file. */
function deadLinks(document: string, text: string): string[] {
  return [...prose(text).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? document : posix.join(posix.dirname(document), decodeURIComponent(path));
      if (!existsSync(join(projectFolder, file))) return true;
      return anchor !== undefined && file.endsWith(".md") && !anchors(read(file)).has(anchor);
    });
}

/** A heading's anchor as GitHub makes it: lower case, punctuation left out, a dash for each space. */
function anchors(text: string): Set<string> {
  const headings = [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ +(.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(/\s/g, "-"),
    ),
  );
}

/** Paths in backticks, with a slash and an ending or in one of our folders, that exist neither here nor at the top. */
function deadPaths(document: string, text: string): string[] {
  return (
    [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+\/?)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => /\.[a-z]{2,5}$/.test(path) || /^(apps|packages|deploy|docs|\.ci|\.github)\//.test(path))
      // What exists only while Millrace runs, and packages by their name.
      .filter((path) => !/^(\.millrace\/|@|node_modules\/)/.test(path))
      .filter(
        (path) =>
          !existsSync(join(projectFolder, path)) && !existsSync(join(projectFolder, posix.dirname(document), path)),
      )
  );
}

function unknownScripts(text: string, scripts: Readonly<Record<string, string>>): string[] {
  return [...text.matchAll(/\bnpm run (?:--?\w+ )*([\w:-]+)/g)]
    .map(([, name = ""]) => name)
    .filter((name) => scripts[name] === undefined);
}

/** The text without code, in which brackets and parentheses are no links. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
}
