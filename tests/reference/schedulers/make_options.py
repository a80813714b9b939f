"""Writes options.json: what diffusers computes with options that trajectories.json lacks.

Run with diffusers and scipy at hand; the tests need neither. Latents before step 0 are
start() * init_noise_sigma, step noise is noise(i), and the model is that of trajectories.json. A
request that begins at call n starts from start() with noise(n) added instead.
"""

import json
import math
import sys
from unittest import mock

import diffusers
import torch

BASE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
AYS_TIMESTEPS = [999, 850, 736, 645, 545, 455, 343, 233, 124, 24]
AYS_SIGMAS = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029]

DDIM, PNDM = "DDIMScheduler", "PNDMScheduler"
EULER, EULER_A = "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"
DPM = "DPMSolverMultistepScheduler"
SDE = {"algorithm_type": "sde-dpmsolver++"}
CONTINUOUS = {"timestep_type": "continuous", "prediction_type": "v_prediction"}
ZERO_SNR = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
FLOW = {"use_flow_sigmas": True, "flow_shift": 3.0}

# name: class, configuration over BASE, request
CASES = {
    "ddim_clip": (DDIM, {"clip_sample": True, "clip_sample_range": 0.8}, {}),
    "ddim_threshold": (DDIM, {"thresholding": True, "sample_max_value": 1.5}, {}),
    "ddim_threshold_low": (DDIM, {"thresholding": True, "dynamic_thresholding_ratio": 0.6,
                                  "sample_max_value": 3.0}, {}),
    "ddim_eta_offset": (DDIM, {"steps_offset": 1, "set_alpha_to_one": False}, {"eta": 1.0}),
    "ddim_sample": (DDIM, {"prediction_type": "sample", "clip_sample": False}, {}),
    "ddim_zero_snr": (DDIM, {"prediction_type": "v_prediction", **ZERO_SNR}, {}),
    "ddim_cosine": (DDIM, {"beta_schedule": "squaredcos_cap_v2"}, {}),
    "ddim_tie": (DDIM, {"timestep_spacing": "trailing", "clip_sample": False}, {"steps": 48}),
    "pndm_prk": (PNDM, {}, {"steps": 9}),
    "pndm_prk_linspace": (PNDM, {"timestep_spacing": "linspace"}, {"steps": 7}),
    "pndm_prk_four": (PNDM, {"timestep_spacing": "trailing"}, {"steps": 4}),
    "pndm_v": (PNDM, {"skip_prk_steps": True, "prediction_type": "v_prediction"}, {}),
    "pndm_one": (PNDM, {"skip_prk_steps": True}, {"steps": 1}),
    "euler_timesteps": (EULER, {}, {"timesteps": AYS_TIMESTEPS}),
    "euler_sigmas": (EULER, {"timestep_spacing": "leading"}, {"sigmas": AYS_SIGMAS + [0.0]}),
    "euler_sigmas_open": (EULER, {}, {"sigmas": AYS_SIGMAS}),
    "euler_log_linear": (EULER, {"interpolation_type": "log_linear"}, {}),
    "euler_continuous": (EULER, {**CONTINUOUS, "use_karras_sigmas": True, "sigma_min": 0.002,
                                 "sigma_max": 700.0}, {}),
    "euler_sigma_min": (EULER, {"final_sigmas_type": "sigma_min", "use_beta_sigmas": True}, {}),
    "euler_trained_betas": (EULER, {"num_train_timesteps": 4,
                                    "trained_betas": [0.1, 0.2, 0.3, 0.4]}, {"steps": 3}),
    "euler_one_karras": (EULER, {"use_karras_sigmas": True}, {"steps": 1}),
    "dpm_timesteps": (DPM, {}, {"timesteps": AYS_TIMESTEPS}),
    "dpm_exponential": (DPM, {"use_exponential_sigmas": True}, {}),
    "dpm_beta": (DPM, {"use_beta_sigmas": True}, {}),
    "dpm_lu": (DPM, {"use_lu_lambdas": True}, {}),
    "dpm_heun": (DPM, {"solver_type": "heun"}, {}),
    "dpm_first_order": (DPM, {"solver_order": 1}, {}),
    "dpm_full_order": (DPM, {"solver_order": 3, "lower_order_final": False,
                             "final_sigmas_type": "sigma_min"}, {}),
    "dpm_euler_at_final": (DPM, {"euler_at_final": True, "final_sigmas_type": "sigma_min"},
                           {"steps": 18}),
    "dpm_karras_sigma_min": (DPM, {"use_karras_sigmas": True, "final_sigmas_type": "sigma_min"}, {}),
    "dpm_sde_sigma_min": (DPM, {**SDE, "final_sigmas_type": "sigma_min"}, {}),
    "dpm_sde_heun": (DPM, {**SDE, "solver_type": "heun"}, {}),
    "dpm_sde_third_order": (DPM, {**SDE, "solver_order": 3}, {"steps": 16}),
    "dpm_flow_epsilon": (DPM, FLOW, {}),
    "dpm_clipped": (DPM, {"lambda_min_clipped": -2.0}, {}),
    "dpm_zero_snr": (DPM, {"prediction_type": "v_prediction", **ZERO_SNR}, {}),
    "dpm_threshold": (DPM, {"thresholding": True, "sample_max_value": 1.2}, {}),
    "ddim_begin": (DDIM, {"clip_sample": False}, {"begin": 4}),
    "pndm_begin": (PNDM, {"skip_prk_steps": True, "steps_offset": 1}, {"begin": 3}),
    "pndm_prk_begin": (PNDM, {}, {"begin": 2}),
    "euler_begin": (EULER, {"use_karras_sigmas": True}, {"begin": 6}),
    "euler_a_begin": (EULER_A, {}, {"begin": 3}),
    "dpm_begin": (DPM, {"solver_order": 3, "use_karras_sigmas": True}, {"begin": 4}),
    "dpm_flow_begin": (DPM, {**FLOW, "prediction_type": "flow_prediction"}, {"begin": 4}),
}


def model(x, t):
    return 0.6 * x + 0.4 * torch.sin(3 * x + 5 * t / 1000) + 0.1 * math.cos(7 * t / 1000)


def start():
    return torch.linspace(-1, 1, 12).view(1, 2, 2, 3)


def noise(i):
    return torch.cos(torch.arange(12.0) + i).view(1, 2, 2, 3)


def class_of(name):
    return getattr(diffusers, name)


def first_latents(scheduler, begin):
    if begin == 0:
        return start() * scheduler.init_noise_sigma
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    return scheduler.add_noise(start(), noise(begin), scheduler.timesteps[begin : begin + 1])


def trajectory(class_name, config, request):
    scheduler = class_of(class_name)(**{**BASE, **config})
    lists = {key: request[key] for key in ("timesteps", "sigmas") if key in request}
    steps = request.get("steps", 10)
    scheduler.set_timesteps(**(lists or {"num_inference_steps": steps}))
    begin = request.get("begin", 0)
    latents = first_latents(scheduler, begin)
    for i, t in enumerate(scheduler.timesteps[begin:], begin):
        output = model(scheduler.scale_model_input(latents, t), float(t))
        extra = {"eta": request["eta"]} if "eta" in request else {}
        module = sys.modules[class_of(class_name).__module__]
        with mock.patch.object(module, "randn_tensor", lambda *_, **__: noise(i), create=True):
            latents = scheduler.step(output, t, latents, **extra).prev_sample
    return {
        "scheduler": class_name,
        "config": {**BASE, **config},
        "num_inference_steps": steps,
        "request": request,
        "timesteps": scheduler.timesteps.tolist(),
        "sigmas": scheduler.sigmas.tolist() if hasattr(scheduler, "sigmas") else [],
        "init_noise_sigma": float(scheduler.init_noise_sigma),
        "latents": latents.flatten().tolist(),
    }


def main():
    lines = [f' "{name}": {json.dumps(trajectory(*case))}' for name, case in CASES.items()]
    head = f'{{"diffusers": "{diffusers.__version__}", "torch": "{torch.__version__}", "cases": {{\n'
    with open("options.json", "w", encoding="utf-8") as file:
        file.write(head + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    main()
