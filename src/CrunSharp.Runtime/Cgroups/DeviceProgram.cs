using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The device rules of a cgroup2 directory, as an eBPF program that the kernel asks at each open and mknod.</summary>
internal static class DeviceProgram
{
    public static void Attach(string directory, LinuxResources resources) =>
        throw new CrunException("cannot apply linux.resources.devices of config.json", $"device rules of cgroup version 2 are not written yet ('{directory}', {resources.Devices.Count} rules)");
}
