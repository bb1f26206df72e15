// Compiles a folder to bytecode of the functions' Python, on a machine that has another one: CPython in WebAssembly.
// Bytecode depends on the minor version only, neither on the processor nor on the system.
//   node alex/compile_bytecode.mjs FOLDER EXPECTED_PYTHON
import { loadPyodide } from "pyodide";

const [folder, expected] = process.argv.slice(2);
const python = await loadPyodide();
const version = python.runPython("import sys; f'{sys.version_info[0]}.{sys.version_info[1]}'");
if (version !== expected) {
  console.error(`the compiler is CPython ${version}, the functions run ${expected}: change package.json's pyodide`);
  process.exit(1);
}
python.FS.mkdirTree("/bundle");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/bundle");
const done = python.runPython(`
import compileall, py_compile
compileall.compile_dir(
    "/bundle", quiet=2, stripdir="/bundle", prependdir="/var/task", force=True,
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
`);
process.exit(done ? 0 : 2);
