import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { manifests } from "./manifests.ts";
import { projectFiles, projectFolder, read } from "./project-files.ts";

/** The files, paths in backticks and npm scripts that the documents name exist. */
export function documents(): string[] {
  const scripts = manifests().find(({ path }) => path === "package.json")?.scripts ?? {};
  return projectFiles()
    .filter((path) => path.endsWith(".md"))
    .flatMap((document) => {
      const text = read(document);
      return [
        ...deadLinks(document, text).map((target) => `${document} links to ${target}, which does not exist`),
        ...deadPaths(document, text).map((path) => `${document} names ${path}, which does not exist`),
        ...unknownScripts(text, scripts).map((name) => `${document} names npm run ${name}, which is not a script`),
      ];
    });
}

/** Returns the targets of relative links without a file, and the anchors without a heading in their file. */
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

/** Returns the anchors of all headings as GitHub makes them: lower case, no punctuation, a dash for each space. */
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

/** Returns the paths in backticks that exist neither beside the document nor in the project's folder. */
function deadPaths(document: string, text: string): string[] {
  return (
    [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+\/?)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => /\.[a-z]{2,5}$/.test(path) || /^(apps|packages|deploy|docs|\.ci|\.github)\//.test(path))
      // Millrace creates `.millrace/` at run time, and `@…` is a package name.
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

/** Removes code, in which brackets and parentheses are not links. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
}
