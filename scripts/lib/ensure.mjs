/**
 * Finds a program that tests need and, where it is missing, installs its Debian package if that is
 * ours to do: as root, with apt-get, as in CI's containers. Anywhere else it only says what is
 * missing, since changing someone's machine is not.
 */
import { existsSync } from "node:fs";
import { run } from "./run.mjs";

/** @typedef {{ path: string } | { missing: string }} Found A program's path, or why there is none. */

/**
 * @param {object} program
 * @param {string} program.what What is looked for, as in "no … was found".
 * @param {string} program.variable An environment variable whose path, when set, is the only choice.
 * @param {readonly string[]} program.candidates Where it usually is.
 * @param {(path: string) => Promise<boolean>} program.works Asks the program itself.
 * @param {string} program.debianPackage Brings the program on Debian.
 * @returns {Promise<Found>}
 */
export async function ensure({ what, variable, candidates, works, debianPackage }) {
  const find = async () => {
    for (const path of candidates) if (await works(path)) return path;
  };

  const chosen = process.env[variable];
  if (chosen) {
    return (await works(chosen)) ? { path: chosen } : { missing: `${variable} is no ${what}` };
  }
  const present = await find();
  if (present) return { path: present };

  const reason = await installDebianPackage(debianPackage);
  const installed = reason === undefined && (await find());
  if (installed) return { path: installed };
  const why = reason ?? `Debian's ${debianPackage} does not start`;
  const advice = `install ${debianPackage}, or set ${variable}`;
  return { missing: `no ${what} was found (${why}); ${advice}` };
}

/**
 * The command-line face of a finder: prints the path, or the reason and a bad exit code.
 *
 * @param {Found} found
 */
export function printFound(found) {
  if ("path" in found) return console.log(found.path);
  console.error(found.missing);
  process.exitCode = 1;
}

/**
 * @param {string} name
 * @returns {Promise<string | undefined>} Why it could not be installed; `undefined` if it was.
 */
async function installDebianPackage(name) {
  if (!existsSync("/usr/bin/apt-get")) return "this machine has no apt-get";
  if (process.getuid?.() !== 0) return `only root may install Debian's ${name}`;

  console.error(`Installing Debian's ${name} …`);
  // dpkg looks for programs of the administrator's, which not every PATH of root has.
  const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
  const env = { DEBIAN_FRONTEND: "noninteractive", PATH };
  const timeoutMs = 240_000;
  // Another apt may be at work when a machine has just started.
  const lock = ["-o", "DPkg::Lock::Timeout=120"];
  // Its failure alone means little: one mirror of many may be down, and the lists still be there.
  await run("apt-get", [...lock, "update"], { show: "failure", env, timeoutMs });
  const install = [...lock, "install", "--yes", "--no-install-recommends", name];
  const { ok } = await run("apt-get", install, { show: "failure", env, timeoutMs });
  return ok ? undefined : `apt-get could not install ${name}`;
}
