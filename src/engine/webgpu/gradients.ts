// How TensorFlow.js derives its operations. Its package for Node leaves that to the package of all packages, ten times as large.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
