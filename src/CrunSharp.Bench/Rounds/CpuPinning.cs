using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>The CPUs that this process, and with it everybody whom it starts, may run on.</summary>
internal static class CpuPinning
{
    /// <summary>All threads of this process, as the contestants inherit from the one that starts them.</summary>
    /// <exception cref="Oci.CrunException">No such list of CPUs.</exception>
    public static void Apply(string cpus) => HostTool.Run(
        "taskset", TimeSpan.FromSeconds(10), "--all-tasks", "--cpu-list", "--pid", cpus, $"{Environment.ProcessId}");
}
