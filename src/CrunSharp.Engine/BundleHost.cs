using System.Globalization;
using System.Text;
using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>This host as a bundle has to know it.</summary>
internal static class BundleHost
{
    private const int DeepestDevice = 8;
    private static readonly string[] s_containersOwn = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/hugepages", "/dev/.lxc", "/dev/.lxd-mounts"];

    public static string Name => Text("/proc/sys/kernel/hostname");

    private static bool HasUnifiedCgroups { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    public static BundleFacts Facts(bool privileged) => new()
    {
        Rootful = !UserNamespace.IsRootless,
        Kernel = Environment.OSVersion.Version,
        Architecture = Platform.Host.Architecture,
        UnifiedCgroups = HasUnifiedCgroups,

        // Version 1 knows no delegation to ordinary users that could be relied on.
        Cgroups = HasUnifiedCgroups || !UserNamespace.IsRootless,
        HostHostname = Name,
        HostEnvironment = Environment.GetEnvironmentVariable,
        MappedGids = UserNamespace.Outer is { } outer ? MappedFromZero(outer) : uint.MaxValue,
        PossibleCpus = PossibleCpus(),
        Bounding = privileged ? Bounding() : ulong.MaxValue,
        HostDevices = privileged && !UserNamespace.IsRootless ? [.. Devices("/dev", 0)] : [],
    };

    /// <summary>The device at a path of the host; null where something else is there.</summary>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    public static DeviceMapping? TryDevice(string host, string inside, string permissions)
    {
        using SafeFileHandle device = FileSystem.OpenPath(host, OpenAs.Path | OpenAs.NoFollow);
        FileStatus status = FileSystem.GetStatus(device);
        char? type = status.Kind switch
        {
            FileKind.CharacterDevice => 'c',
            FileKind.BlockDevice => 'b',
            _ => null,
        };
        return type is { } kind
            ? new DeviceMapping(inside, kind, status.Node.Major, status.Node.Minor, permissions)
            {
                FileMode = status.Mode,
                Uid = status.Owner,
                Gid = status.Group,
            }
            : null;
    }

    private static IEnumerable<DeviceMapping> Devices(string directory, int depth)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is not null || s_containersOwn.Contains(entry.FullName))
            {
                continue;
            }

            if (entry is DirectoryInfo)
            {
                foreach (DeviceMapping device in depth < DeepestDevice ? Devices(entry.FullName, depth + 1) : [])
                {
                    yield return device;
                }
            }
            else if (TryDevice(entry.FullName, entry.FullName, "rwm") is { } device)
            {
                yield return device;
            }
        }
    }

    private static uint MappedFromZero(OuterUser outer)
    {
        uint next = 0;
        foreach (IdExtent extent in outer.Gids.OrderBy(static extent => extent.Inside))
        {
            if (extent.Inside != next)
            {
                break;
            }

            next += extent.Count;
        }

        return next;
    }

    // "0-3" or "0,2-5": the last number is the highest there can be.
    private static int PossibleCpus()
    {
        string text = Text("/sys/devices/system/cpu/possible");
        int cut = text.AsSpan().LastIndexOfAny('-', ',');
        return int.TryParse(text.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int highest) ? highest + 1 : 0;
    }

    private static string Text(string path) => Encoding.UTF8.GetString(Descriptors.ReadAll(path)).Trim();

    /// <summary>Capabilities that this process may give, as bits.</summary>
    public static ulong Bounding()
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("CapBnd:", StringComparison.Ordinal))
            {
                return ulong.Parse(line.AsSpan("CapBnd:".Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            }
        }

        return ulong.MaxValue;
    }
}
