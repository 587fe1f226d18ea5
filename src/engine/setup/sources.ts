import { tensorFlowVersion, type TensorFlowVariant } from "./installation.js";

/** A tarball of the npm registry; `integrity` is the registry's own form of SHA-512. */
export interface NpmSource {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** Wheels of the Python index, pinned by SHA-256: the file that pip takes must be one of them. */
export interface WheelSource {
  readonly name: string;
  readonly version: string;
  readonly sha256: readonly string[];
}

/** The native binding's C++ sources. Their own installer no longer works; the sources compile as they are. */
export const bindingSource: NpmSource = {
  name: "@tensorflow/tfjs-node-gpu",
  version: "4.22.0",
  integrity:
    "sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==",
};

/** Node-API's headers, so that compiling does not depend on how Node was installed. */
export const nodeHeadersSource: NpmSource = {
  name: "node-api-headers",
  version: "1.9.0",
  integrity:
    "sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==",
};

/** A C++ compiler in a wheel, for machines without one (Linux x64, Linux arm64, macOS arm64). */
export const zigSource: WheelSource = {
  name: "ziglang",
  version: "0.17.1",
  sha256: [
    "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
    "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
    "09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23",
  ],
};

/** What a platform's engine is made of. */
export interface TensorFlowSource {
  readonly wheel: WheelSource;
  /** pip's names of the platforms whose wheels run here. */
  readonly platforms: readonly string[];
  /** The shared libraries inside the wheel's `tensorflow` folder. */
  readonly libraries: readonly string[];
  /** Size of all downloads in millions of bytes, for the progress line. */
  readonly megabytes: number;
  /** NVIDIA's libraries, which TensorFlow looks for beside its own folder. */
  readonly companions: readonly WheelSource[];
}

const linuxLibraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

const wheel = (name: string, version: string, ...sha256: string[]): WheelSource => ({
  name,
  version,
  sha256,
});

/** By `platform-arch-variant`; what is not here has no native engine. */
const sources: Readonly<Record<string, TensorFlowSource>> = {
  "linux-x64-cpu": {
    wheel: wheel(
      "tensorflow-cpu",
      tensorFlowVersion,
      "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb",
    ),
    platforms: ["manylinux_2_27_x86_64"],
    libraries: linuxLibraries,
    megabytes: 274,
    companions: [],
  },
  "linux-arm64-cpu": {
    wheel: wheel(
      "tensorflow",
      tensorFlowVersion,
      "b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552",
    ),
    platforms: ["manylinux_2_27_aarch64"],
    libraries: linuxLibraries,
    megabytes: 280,
    companions: [],
  },
  "darwin-arm64-cpu": {
    wheel: wheel(
      "tensorflow",
      tensorFlowVersion,
      "56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712",
    ),
    platforms: ["macosx_12_0_arm64"],
    libraries: ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"],
    megabytes: 240,
    companions: [],
  },
  "linux-x64-cuda": {
    wheel: wheel(
      "tensorflow",
      tensorFlowVersion,
      "b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0",
    ),
    platforms: [
      "manylinux_2_27_x86_64",
      "manylinux_2_17_x86_64",
      "manylinux2014_x86_64",
      "manylinux_2_12_x86_64",
      "manylinux2010_x86_64",
    ],
    libraries: linuxLibraries,
    megabytes: 3000,
    companions: [
      wheel(
        "nvidia-cublas-cu12",
        "12.9.3.13",
        "d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72",
      ),
      wheel(
        "nvidia-cuda-cupti-cu12",
        "12.8.90",
        "ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182",
      ),
      wheel(
        "nvidia-cuda-nvcc-cu12",
        "12.9.86",
        "5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0",
      ),
      wheel(
        "nvidia-cuda-nvrtc-cu12",
        "12.9.86",
        "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4",
      ),
      wheel(
        "nvidia-cuda-runtime-cu12",
        "12.9.79",
        "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3",
      ),
      wheel(
        "nvidia-cudnn-cu12",
        "9.28.0.42",
        "9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375",
      ),
      wheel(
        "nvidia-cufft-cu12",
        "11.4.1.4",
        "c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28",
      ),
      wheel(
        "nvidia-curand-cu12",
        "10.3.10.19",
        "49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e",
      ),
      wheel(
        "nvidia-cusolver-cu12",
        "11.7.5.82",
        "15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88",
      ),
      wheel(
        "nvidia-cusparse-cu12",
        "12.5.10.65",
        "73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78",
      ),
      wheel("nvidia-nccl-cu12", "2.32.3", "bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c"),
      wheel(
        "nvidia-nvjitlink-cu12",
        "12.9.86",
        "e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9",
      ),
    ],
  },
};

/** What this machine's engine is made of, or `undefined` where TensorFlow has no libraries for it. */
export function tensorFlowSource(
  variant: TensorFlowVariant,
  platform: string = process.platform,
  arch: string = process.arch,
): TensorFlowSource | undefined {
  return sources[`${platform}-${arch}-${variant}`];
}
