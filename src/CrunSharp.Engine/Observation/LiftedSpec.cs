using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Observe;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>A container with one layer of its isolation left out, for a second look at a refusal.</summary>
/// <remarks>What the program writes to volumes goes into overlays that are thrown away with the container.</remarks>
internal static class LiftedSpec
{
    /// <param name="given">The capabilities that are added where their limit is lifted.</param>
    public static Spec Without(Lift lift, ulong given, Spec spec, IReadOnlyList<BundleMount> volumes, ContainerDirectory directory)
    {
        Spec safe = spec with { Mounts = [.. spec.Mounts.Select((mount, index) => Covered(mount, index, volumes, directory))] };
        return lift switch
        {
            Lift.Seccomp => safe with { Linux = safe.Linux with { Seccomp = default } },
            Lift.Capabilities => safe with { Process = safe.Process! with { Capabilities = With(given, spec.Process!.Capabilities?.Bounding ?? []) } },
            Lift.Masks => safe with { Linux = safe.Linux with { MaskedPaths = [], ReadonlyPaths = [] } },
            Lift.ReadOnly => safe with
            {
                Root = safe.Root! with { Readonly = false },
                Mounts = [.. safe.Mounts.Select(static mount => mount with { Options = [.. mount.Options.Where(static option => option is not ("ro" or "rro" or "nodev" or "noexec" or "nosuid"))] })],
            },
            Lift.Cgroup => safe with { Linux = safe.Linux with { Resources = new LinuxResources { Devices = safe.Linux.Resources.Devices } } },
            Lift.Devices => safe with { Linux = safe.Linux with { Resources = safe.Linux.Resources with { Devices = [new DeviceRule(true)] } } },
            _ => safe with { Process = safe.Process! with { NoNewPrivileges = false } },
        };
    }

    private static CapabilitySets With(ulong given, IEnumerable<string> held)
    {
        IReadOnlyList<string> names = [.. Capability.NamesOf(given & Processes.BoundingCapabilities(out _)).Union(held)];
        return new CapabilitySets { Bounding = names, Effective = names, Permitted = names };
    }

    private static Mount Covered(Mount mount, int index, IReadOnlyList<BundleMount> volumes, ContainerDirectory directory)
    {
        BundleMount? volume = volumes.FirstOrDefault(volume => volume.Type == "bind" && volume.Destination == mount.Destination && volume.Source == mount.Source);
        if (volume?.Source is not { } source)
        {
            return mount;
        }

        string scratch = $"{directory.Scratch}/volume{index}";
        Directory.CreateDirectory($"{scratch}/upper");
        if (!Directory.Exists(source))
        {
            // A single file cannot be a layer: the container gets a copy.
            string copy = $"{scratch}/upper/{Path.GetFileName(source)}";
            File.Copy(source, copy);
            return mount with { Source = copy };
        }

        Directory.CreateDirectory($"{scratch}/work");
        string[] overlay = [$"lowerdir={Escape(source)}", $"upperdir={Escape($"{scratch}/upper")}", $"workdir={Escape($"{scratch}/work")}"];
        return new Mount
        {
            Destination = mount.Destination,
            Type = "overlay",
            Source = "overlay",
            Options = [.. overlay, .. UserNamespace.IsRootless ? ["userxattr"] : (string[])[], .. mount.Options.Where(static option => option is "ro" or "nodev" or "noexec" or "nosuid")],
        };
    }

    // overlay reads ':' as the next layer and ',' as the next option.
    private static string Escape(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);
}
