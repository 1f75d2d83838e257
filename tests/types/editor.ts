/**
 * An editor without a screen: TypeScript's language service over a few files, which can be given
 * other text than what is on the disk. TypeScript 5.9, because 7.0 has no such interface yet.
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript-5";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** One complaint of the compiler. */
export interface Complaint {
  readonly file: string;
  /** What is underlined. */
  readonly at: string;
  /** The line it is in, from 1. */
  readonly line: number;
  readonly message: string;
}

/** What an editor would show. Places are found by text: the caret is put at its end. */
export interface Editor {
  /** All that is underlined in the files. */
  complaints(): Complaint[];
  /** The names offered. */
  completions(file: string, before: string): string[];
  /** What hovering shows: the signature, and the comment. */
  hover(file: string, before: string): { readonly signature: string; readonly comment: string };
  /** Where go-to-definition lands: the file, and the first line of what it finds. */
  definition(file: string, before: string): { readonly file: string; readonly text: string };
  /** What `declaration: true` writes for a file. */
  declaration(file: string): string;
}

/** Opens files of a folder; `texts` holds those that differ from the disk. */
export function openEditor(folder: string, texts: Readonly<Record<string, string>>): Editor {
  const names = Object.keys(texts).map((name) => join(folder, name));
  const text = (path: string) => {
    const name = relative(folder, path);
    return Object.hasOwn(texts, name) ? texts[name] : ts.sys.readFile(path);
  };
  const config = join(repository, "tsconfig.tests.json");
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    dirname(config),
  );
  const service = ts.createLanguageService(
    {
      getCompilationSettings: () => options,
      getScriptFileNames: () => names,
      // The text is its own version, or the registry would hand one editor's files to the next.
      getScriptVersion: (path) => texts[relative(folder, path)] ?? "",
      getScriptSnapshot: (path) => {
        const content = text(path);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => repository,
      getDefaultLibFileName: (each) => ts.getDefaultLibFilePath(each),
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      realpath: ts.sys.realpath,
    },
    registry,
  );

  function place(file: string, before: string) {
    const path = join(folder, file);
    const index = text(path)?.indexOf(before) ?? -1;
    if (index < 0) throw new RangeError(`Cannot find "${before}" in ${file}`);
    return [path, index + before.length] as const;
  }

  return {
    complaints() {
      return names.flatMap((path) =>
        [...service.getSyntacticDiagnostics(path), ...service.getSemanticDiagnostics(path)].map(
          ({ file, start = 0, length = 0, messageText }) => {
            const source = file?.text ?? "";
            return {
              file: relative(folder, file?.fileName ?? path),
              at: source.slice(start, start + length),
              line: source.slice(0, start).split("\n").length,
              message: ts.flattenDiagnosticMessageText(messageText, "\n"),
            };
          },
        ),
      );
    },
    completions(file, before) {
      const found = service.getCompletionsAtPosition(...place(file, before), {});
      return (found?.entries ?? []).map(({ name }) => name);
    },
    hover(file, before) {
      const [path, end] = place(file, before);
      const info = service.getQuickInfoAtPosition(path, end - 1);
      return {
        signature: ts.displayPartsToString(info?.displayParts),
        comment: ts.displayPartsToString(info?.documentation),
      };
    },
    definition(file, before) {
      const [path, end] = place(file, before);
      const [found] = service.getDefinitionAtPosition(path, end - 1) ?? [];
      if (found === undefined) throw new Error(`Cannot find the definition of "${before}"`);
      const rest = (text(found.fileName) ?? "").slice(found.textSpan.start);
      return { file: relative(folder, found.fileName), text: rest.split("\n")[0] ?? "" };
    },
    declaration(file) {
      const { outputFiles } = service.getEmitOutput(join(folder, file), true, true);
      return outputFiles.find(({ name }) => name.endsWith(".d.ts"))?.text ?? "";
    },
  };
}

// Parsed libraries are shared by all editors of one run: they take most of the time.
const registry = ts.createDocumentRegistry();
