using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The nodes and links that every container finds in /dev, and those that its config.json adds.</summary>
internal static class DevicePlanner
{
    private const uint Character = 0x2000, Block = 0x6000, Fifo = 0x1000, ReadableByAll = 0b110_110_110;

    // runtime-spec 1.3, config-linux.md#default-devices; ptmx is the link below, console comes with the terminal.
    private static readonly (string Path, uint Major, uint Minor)[] s_default =
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7), ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
    ];

    private static readonly (string Path, string Target)[] s_links =
    [
        ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"), ("/dev/core", "/proc/kcore"),
    ];

    public static void AddDevices(PlanBuilder plan, Spec spec, bool areGiven)
    {
        // Somebody's /dev is bound there: its nodes are theirs, and making ours would make them on the host.
        if (areGiven)
        {
            return;
        }

        bool bind = plan.InUserNamespace;
        foreach ((string path, uint major, uint minor) in s_default)
        {
            if (!IsAmong(spec.Linux.Devices, path))
            {
                plan.Add(new MakeDevice(path, Character | ReadableByAll, major, minor, 0, 0, bind));
            }
        }

        for (int i = 0; i < spec.Linux.Devices.Count; i++)
        {
            Device device = spec.Linux.Devices[i];

            // Of the container's own devpts, whatever the caller says of the host's.
            if (device.Path is "/dev/ptmx" or "/dev/console")
            {
                continue;
            }

            uint type = device.Type switch { 'b' => Block, 'p' => Fifo, _ => Character };
            uint mode = (device.FileMode ?? ReadableByAll) & 0xfff;
            plan.Add(new MakeDevice(device.Path, type | mode, device.Major, device.Minor, device.Uid, device.Gid, bind && type != Fifo)
            {
                Origin = $"linux.devices[{i}] of config.json",
            });
        }

        foreach ((string path, string target) in s_links)
        {
            plan.Add(new MakeSymlink(path, target, Replace: false));
        }

        // A node that the image brought would be a terminal of the host's.
        plan.Add(new MakeSymlink("/dev/ptmx", "pts/ptmx", Replace: true));
    }

    private static bool IsAmong(IReadOnlyList<Device> devices, string path)
    {
        foreach (Device device in devices)
        {
            if (device.Path == path)
            {
                return true;
            }
        }

        return false;
    }
}
