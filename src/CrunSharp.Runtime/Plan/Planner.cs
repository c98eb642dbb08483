using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Turns config.json and facts of the host into a launch plan. Makes no call.</summary>
public static partial class Planner
{
    /// <exception cref="CrunException">Something asked for cannot be had; the message names where it was asked for.</exception>
    public static LaunchPlan Plan(Spec spec, RootSource root, HostFacts facts, PlanOptions options) => throw new NotSupportedException();
}

/// <summary>Plans one more program in a running container.</summary>
public static partial class ExecPlanner
{
    /// <param name="container">What the container was made from.</param>
    /// <exception cref="CrunException">Something asked for cannot be had; the message names where it was asked for.</exception>
    public static LaunchPlan Plan(Spec container, Process process, HostFacts facts, PlanOptions options) => throw new NotSupportedException();
}

/// <summary>Writes a plan as native/include/plan.h lays it out.</summary>
public static class PlanEncoder
{
    public static byte[] Encode(LaunchPlan plan) => throw new NotSupportedException();
}
