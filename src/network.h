/* V-MNet as one XNNPACK subgraph, layer by layer as weights/train/network.py. */
#ifndef VM_NETWORK_H
#define VM_NETWORK_H

#include <pthreadpool.h>

#include "weights.h"

typedef struct vm_network vm_network;

/* Everything one run gives; all borrowed from the network and overwritten by its next run. */
typedef struct network_output {
  int size, grid, classes;
  const float *vessels;    /* [S][S] probability */
  const float *logits;     /* [classes] */
  const float *activation; /* [grid][grid][classes]: sum over k of w[c][k] * F'[k] */
  const float *guide;      /* [grid][grid] G, 0..1 */
  const float *features;   /* [grid][grid] mean over the channels of F, before the guide; >= 0 */
  float strength;          /* of the guide in this run, the learnt a included: F' = F (1 + strength G) */
  float gradability;       /* 0..1 */
  const float
      *structures; /* [S/4][S/4][2] probability of the optic disc and of its cup; NULL: the weights draw neither */
  int lesion_kinds;
  const float *lesions;  /* [S/2][S/2][lesion_kinds][2][2] probability; NULL: the weights draw none */
  const float *arteries; /* [S/2][S/2][2][2] probability of artery, of what is a vessel; NULL: the weights tell none */
  const float *grade;    /* [VM_GRADES] logits of at least grade 1, 2 ...; NULL: the weights give none */
  const float *orientation; /* [WEIGHTS_WAYS] logits of how the photograph lies; NULL: the weights give none */
} network_output;

/* Builds the graph for an S x S input. The weights are copied and not needed after the call. */
vm_status network_create(const vm_weights *weights, int size, int threads, vm_network **out, vm_error *err);
void network_free(vm_network *network); /* NULL is fine */

float *network_input(vm_network *network);            /* [S][S][3], to be filled before a run */
const float *network_bias(const vm_network *network); /* [classes], of the logits */
pthreadpool_t network_threads(vm_network *network);   /* what it runs on, for others between its runs; NULL: one */
size_t network_parameters(const vm_network *network); /* how many numbers were read from the weights */

/* Runs the graph; guide 0..1 scales the learnt strength a of the vessel guide. */
vm_status network_run(vm_network *network, float guide, network_output *out, vm_error *err);

/* The map of one kind of lesion, by its place in the weights' list: out [S][S] probability. */
void network_lesions(const network_output *o, int index, float *out);

/* The map of arteries: out [S][S] probability that a vessel there is an artery, not a vein. */
void network_arteries(const network_output *o, float *out);

/* The mean over the channels of F', after the guide: out [grid][grid] = features (1 + strength guide). */
void network_guided(const network_output *o, float *out);

#endif
