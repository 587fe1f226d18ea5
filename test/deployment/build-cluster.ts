/** Builds the test cluster: about 950 seconds of processor time, once for each version of `test/cluster/` and of Go. */
import { buildCluster } from "./cluster.js";

console.log(buildCluster().cluster);
