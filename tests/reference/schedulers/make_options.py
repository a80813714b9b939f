"""Writes options.json: what diffusers computes with options that trajectories.json lacks.

Run with diffusers and scipy at hand; the tests need neither. Latents before step 0 are
start() * init_noise_sigma, step noise is noise(i), and the model is that of trajectories.json. A
request that begins at call n starts from start() with noise(n) added instead.
"""

import inspect
import json
import math
import sys
from unittest import mock

import diffusers
import numpy
import torch

BASE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
AYS_TIMESTEPS = [999, 850, 736, 645, 545, 455, 343, 233, 124, 24]
AYS_SIGMAS = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029]

DDIM, PNDM = "DDIMScheduler", "PNDMScheduler"
EULER, EULER_A = "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler"
DPM, SINGLE = "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"
DDPM, HEUN, LMS = "DDPMScheduler", "HeunDiscreteScheduler", "LMSDiscreteScheduler"
DPM2, DPM2_A = "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"
DEIS, UNIPC = "DEISMultistepScheduler", "UniPCMultistepScheduler"
LCM, TCD = "LCMScheduler", "TCDScheduler"
EDM_EULER, EDM_DPM = "EDMEulerScheduler", "EDMDPMSolverMultistepScheduler"
FLOW_EULER = "FlowMatchEulerDiscreteScheduler"
FLOW_HEUN = "FlowMatchHeunDiscreteScheduler"
SDE = {"algorithm_type": "sde-dpmsolver++"}
CONTINUOUS = {"timestep_type": "continuous", "prediction_type": "v_prediction"}
ZERO_SNR = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
FLOW = {"use_flow_sigmas": True, "flow_shift": 3.0}
FLOW_MODEL = {**FLOW, "prediction_type": "flow_prediction"}
DYNAMIC = {"use_dynamic_shifting": True}
KARRAS, EXPONENTIAL = {"use_karras_sigmas": True}, {"use_exponential_sigmas": True}
BETA = {"use_beta_sigmas": True}
V, LEADING = {"prediction_type": "v_prediction"}, {"timestep_spacing": "leading", "steps_offset": 1}
TRAILING = {"timestep_spacing": "trailing"}
OPEN_END = {"final_sigmas_type": "sigma_min", "lower_order_final": False}
SIX = {"steps": 6}

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
    "dpm_flow_begin": (DPM, FLOW_MODEL, {"begin": 4}),
    "dpm_flow_dynamic": (DPM, {**FLOW_MODEL, **DYNAMIC}, {"steps": 6, "mu": 0.8}),
    "ddpm_large": (DDPM, {"variance_type": "fixed_large", "clip_sample": False, **TRAILING}, SIX),
    "ddpm_v_zero_snr": (DDPM, {**V, **ZERO_SNR, "variance_type": "fixed_small_log"}, SIX),
    "ddpm_timesteps": (DDPM, {"thresholding": True}, {"timesteps": AYS_TIMESTEPS}),
    "ddpm_begin": (DDPM, {"clip_sample_range": 1.5}, {"steps": 6, "begin": 2}),
    "heun_leading_karras": (HEUN, {**LEADING, **KARRAS}, SIX),
    "heun_v_clip": (HEUN, {**V, **TRAILING, "clip_sample": True}, SIX),
    "heun_timesteps": (HEUN, {}, {"timesteps": AYS_TIMESTEPS}),
    "heun_begin": (HEUN, BETA, {"steps": 6, "begin": 4}),
    "lms_beta_v": (LMS, {**BETA, **V, **LEADING}, SIX),
    "lms_begin": (LMS, TRAILING, {"steps": 8, "begin": 5}),
    "dpm2_karras_leading": (DPM2, {**KARRAS, **LEADING}, SIX),
    "dpm2_v_begin": (DPM2, {**V, **EXPONENTIAL}, {"steps": 6, "begin": 4}),
    "dpm2_a_beta": (DPM2_A, {**BETA, **TRAILING}, SIX),
    "dpm2_a_v_begin": (DPM2_A, V, {"steps": 6, "begin": 2}),
    "single_third": (SINGLE, {"solver_order": 3, "solver_type": "heun", **OPEN_END}, SIX),
    "single_third_midpoint": (SINGLE, {"solver_order": 3, "lower_order_final": True}, {"steps": 9}),
    "single_sde_third": (SINGLE, {**SDE, "solver_order": 3, "solver_type": "heun", **V}, SIX),
    "single_first": (SINGLE, {"solver_order": 1, **EXPONENTIAL}, SIX),
    "single_flow": (SINGLE, FLOW_MODEL, {"steps": 7}),
    "single_timesteps": (SINGLE, {"prediction_type": "sample"}, {"timesteps": AYS_TIMESTEPS}),
    "single_begin": (SINGLE, {"solver_order": 3, **BETA}, {"steps": 8, "begin": 4}),
    "deis_third": (DEIS, {"solver_order": 3, "lower_order_final": False, **TRAILING}, SIX),
    "deis_karras": (DEIS, {**KARRAS, **V, "thresholding": True}, SIX),
    "deis_flow_begin": (DEIS, {**FLOW_MODEL, "solver_order": 3}, {"steps": 8, "begin": 3}),
    "unipc_third_bh1": (UNIPC, {"solver_order": 3, "solver_type": "bh1", **LEADING, **OPEN_END},
                        SIX),
    "unipc_noise": (UNIPC, {"predict_x0": False, "solver_order": 3, **OPEN_END, **V}, SIX),
    "unipc_uncorrected": (UNIPC, {"disable_corrector": [0, 2], **EXPONENTIAL}, SIX),
    "unipc_zero_snr": (UNIPC, {**V, **ZERO_SNR, "solver_order": 3}, SIX),
    "unipc_flow_dynamic": (UNIPC, {**FLOW_MODEL, **DYNAMIC, "shift_terminal": 0.1},
                           {"steps": 6, "mu": 0.8}),
    "unipc_flow_sigmas": (UNIPC, FLOW_MODEL, {"sigmas": [1.0, 0.8, 0.5, 0.2]}),
    "unipc_begin": (UNIPC, BETA, {"steps": 8, "begin": 3}),
    "lcm_v": (LCM, {**V, "original_inference_steps": 100, "clip_sample": True}, {"steps": 7}),
    "lcm_timesteps": (LCM, {"timestep_scaling": 2.0}, {"timesteps": [999, 759, 499, 259]}),
    "lcm_begin": (LCM, {}, {"steps": 6, "begin": 2}),
    "tcd_v": (TCD, V, {"steps": 6, "eta": 1.0}),
    "tcd_eta_zero": (TCD, {"prediction_type": "sample"}, {"steps": 6, "eta": 0.0}),
    "tcd_begin": (TCD, {}, {"steps": 6, "eta": 0.7, "begin": 2}),
    "edm_euler": (EDM_EULER, {"sigma_data": 1.0, **V}, SIX),
    "edm_euler_exponential": (EDM_EULER, {"sigma_schedule": "exponential",
                                          "final_sigmas_type": "sigma_min"}, SIX),
    "edm_dpm_third": (EDM_DPM, {"solver_order": 3, "sigma_max": 20.0, "rho": 5.0}, {"steps": 16}),
    "edm_dpm_sde_begin": (EDM_DPM, {**SDE, **V, "solver_type": "heun"}, {"steps": 8, "begin": 3}),
    "flow_dynamic_sigmas": (FLOW_EULER, DYNAMIC, {"sigmas": [1.0, 0.75, 0.5, 0.25], "mu": 1.0}),
    "flow_linear_terminal": (FLOW_EULER, {**DYNAMIC, "time_shift_type": "linear",
                                          "shift_terminal": 0.1}, {"steps": 6, "mu": 1.4}),
    "flow_beta": (FLOW_EULER, {"shift": 3.0, **BETA}, SIX),
    "flow_exponential": (FLOW_EULER, {"shift": 0.5, **EXPONENTIAL}, SIX),
    "flow_inverted": (FLOW_EULER, {"shift": 3.0, "invert_sigmas": True}, SIX),
    "flow_stochastic": (FLOW_EULER, {"shift": 3.0, "stochastic_sampling": True}, SIX),
    "flow_timesteps": (FLOW_EULER, {"shift": 3.0}, {"timesteps": [1000.0, 700.0, 350.0, 80.0]}),
    "flow_begin": (FLOW_EULER, {"shift": 3.0}, {"steps": 6, "begin": 2}),
    "flow_heun_begin": (FLOW_HEUN, {"shift": 6.0}, {"steps": 6, "begin": 4}),
}


def model(x, t):
    return 0.6 * x + 0.4 * torch.sin(3 * x + 5 * t / 1000) + 0.1 * math.cos(7 * t / 1000)


def start():
    return torch.linspace(-1, 1, 12).view(1, 2, 2, 3)


def noise(i):
    return torch.cos(torch.arange(12.0) + i).view(1, 2, 2, 3)


def class_of(name):
    return getattr(diffusers, name)


def init_noise_sigma(scheduler):
    return getattr(scheduler, "init_noise_sigma", 1.0)


def first_latents(scheduler, begin):
    if begin == 0:
        return start() * init_noise_sigma(scheduler)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    at = scheduler.timesteps[begin : begin + 1]
    if hasattr(scheduler, "scale_noise"):
        return scheduler.scale_noise(start(), at, noise(begin))
    return scheduler.add_noise(start(), noise(begin), at)


def digits(values):
    return [float(f"{value:.8g}") for value in values.tolist()]


def trajectory(class_name, config, request):
    known = inspect.signature(class_of(class_name).__init__).parameters
    config = {key: value for key, value in {**BASE, **config}.items() if key in known}
    scheduler = class_of(class_name)(**config)
    asked = {key: request[key] for key in ("timesteps", "sigmas", "mu") if key in request}
    steps = request.get("steps", 10)
    if "sigmas" in asked:
        asked["sigmas"] = numpy.array(asked["sigmas"])
    if "timesteps" not in asked and "sigmas" not in asked:
        asked["num_inference_steps"] = steps
    scheduler.set_timesteps(**asked)
    begin = request.get("begin", 0)
    latents = first_latents(scheduler, begin)
    for i, t in enumerate(scheduler.timesteps[begin:], begin):
        scaled = hasattr(scheduler, "scale_model_input")
        output = model(scheduler.scale_model_input(latents, t) if scaled else latents, float(t))
        extra = {"eta": request["eta"]} if "eta" in request else {}
        module = sys.modules[class_of(class_name).__module__]
        with mock.patch.object(module, "randn_tensor", lambda *_, **__: noise(i), create=True):
            latents = scheduler.step(output, t, latents, **extra).prev_sample
    return {
        "scheduler": class_name,
        "config": config,
        "num_inference_steps": steps,
        "request": request,
        "timesteps": digits(scheduler.timesteps),
        "sigmas": digits(scheduler.sigmas) if hasattr(scheduler, "sigmas") else [],
        "init_noise_sigma": float(init_noise_sigma(scheduler)),
        "latents": digits(latents.flatten()),
    }


def main():
    lines = [f' "{name}": {json.dumps(trajectory(*case))}' for name, case in CASES.items()]
    head = f'{{"diffusers": "{diffusers.__version__}", "torch": "{torch.__version__}", "cases": {{\n'
    with open("options.json", "w", encoding="utf-8") as file:
        file.write(head + ",\n".join(lines) + "\n}}\n")


if __name__ == "__main__":
    main()
