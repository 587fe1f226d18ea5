import { readBundle } from "../export/index.js";
import { ImageClassifier } from "./image-classifier.js";
import { SvmClassifier } from "./svm-classifier.js";

/**
 * Reads any classifier's bundle, a folder or a `.zip` file, checking every byte.
 *
 * @throws {@link FileError} that names the file and what differed.
 */
export async function loadClassifier(path: string): Promise<ImageClassifier | SvmClassifier> {
  const bundle = await readBundle(path);
  return bundle.manifest.kind === "image-classifier"
    ? ImageClassifier.fromBundle(path, bundle)
    : SvmClassifier.fromBundle(path, bundle);
}
