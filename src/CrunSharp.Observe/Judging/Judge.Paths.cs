using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Observe;

internal sealed partial class Judge
{
    private const uint Sticky = 0x200;

    private Verdict? ByReadOnly(FailedCall failed)
    {
        foreach (PathUse use in failed.Paths)
        {
            using PathWalk? walk = PathWalk.Try(failed.Process, use);
            Place? place = (use.Want & Want.Name) != 0 ? walk?.Parent : walk?.Target ?? walk?.Parent;
            if (place?.Mount is { IsReadOnly: true } mount)
            {
                return ReadOnly(walk!.Path, mount);
            }
        }

        return new Verdict(Layer.ReadOnlyMount, "a mount that is read-only") { Evidence = ["the kernel answered EROFS; which mount could not be seen afterwards"] };
    }

    private Verdict ReadOnly(string path, MountEntry mount)
    {
        string how = mount.Has("ro") ? $"mounted 'ro' ({mount.Type})" : $"its file system ({mount.Type}) is read-only";
        string[] evidence = [$"'{path}' is on the mount at '{mount.Point}', {how}"];
        if (container.Spec.Linux.MaskedPaths.Contains(mount.Point))
        {
            return new Verdict(Layer.MaskedPath, mount.Point) { Evidence = [.. evidence, "it is one of the container's masked paths"], Allow = [$"--security-opt unmask={mount.Point}"] };
        }

        if (container.Spec.Linux.ReadonlyPaths.Contains(mount.Point))
        {
            const string Sysctls = "/proc/sys/";
            string[] allow = path.StartsWith(Sysctls, StringComparison.Ordinal)
                ? [$"--sysctl {path[Sysctls.Length..].Replace('/', '.')}=VALUE, where it belongs to the container's namespaces", $"--security-opt unmask={mount.Point}"]
                : [$"--security-opt unmask={mount.Point}"];
            return new Verdict(Layer.ReadOnlyMount, mount.Point) { Evidence = [.. evidence, "it is one of the container's read-only paths"], Allow = allow };
        }

        return new Verdict(Layer.ReadOnlyMount, mount.Point == "/" ? "the container's root" : mount.Point)
        {
            Evidence = evidence,
            Allow = AllowWriting(path, mount),
        };
    }

    private IReadOnlyList<string> AllowWriting(string path, MountEntry mount)
    {
        if (mount.Point == "/")
        {
            // What lies in the root itself can only be mounted there by its own name.
            string[] allow = Path.GetDirectoryName(path) is { Length: > 1 } directory ? [$"--tmpfs {directory}", $"-v NAME:{directory}"] : [$"-v SOURCE:{path}"];
            return [.. allow, .. container.Spec.Root?.Readonly == true ? ["leave out --read-only"] : (string[])[]];
        }

        Mount? made = container.Spec.Mounts.LastOrDefault(candidate => candidate.Destination.TrimEnd('/') == mount.Point);
        return made?.Source is ['/', ..] && made.Type == "bind" ? [$"-v {made.Source}:{made.Destination}, without ro"]
            : made?.Type == "tmpfs" ? [$"--tmpfs {mount.Point}, without ro"]
            : made?.Type == "sysfs" && !container.IsRootless && Path.GetDirectoryName(path) is { Length: > 4 } above
                ? [$"-v {above}:{above}, which is the host's own", "--privileged, which takes away far more than this"]
            : ["--privileged, which takes away far more than this"];
    }

    /// <summary>Nothing is there; in a container that may mean that something is hidden.</summary>
    private Verdict? ByAbsence(FailedCall failed)
    {
        foreach (PathUse use in failed.Paths)
        {
            if (use.Path is null or [] || Lexical(failed.Process, use) is not { } path)
            {
                continue;
            }

            if (MaskOver(path) is { } mask)
            {
                return new Verdict(Layer.MaskedPath, mask) { Evidence = [$"'{path}' is beneath '{mask}', which is one of the container's masked paths and shows nothing"], Allow = [$"--security-opt unmask={mask}"] };
            }

            if (failed.Errno is Errno.ENXIO or Errno.ENODEV)
            {
                return (use.Want & Want.Open) != 0 ? WithoutDriver(failed, use) : null;
            }

            if (HostDevice(path) is { } device)
            {
                return new Verdict(Layer.MissingDevice, path)
                {
                    Evidence = [$"the container has no '{path}'; the host has one, {device}"],
                    Allow = [$"--device {path}"],
                    Weight = (use.Want & Want.Open) == 0 ? Weight.IfTold : Weight.IfNothingElse,
                };
            }
        }

        return null;
    }

    private static Verdict? WithoutDriver(FailedCall failed, PathUse use)
    {
        using PathWalk? walk = PathWalk.Try(failed.Process, use);

        // Device 5:0 stands for whatever terminal the process has.
        if (walk?.Target?.Status is { Kind: FileKind.CharacterDevice, Node: { Major: 5, Minor: 0 } })
        {
            return new Verdict(Layer.Kernel, "the process has no controlling terminal") { Evidence = [$"'{walk.Path}' is each process's own terminal"], Allow = ["--tty (-t)"], Weight = Weight.IfTold };
        }

        return walk?.Target?.Status is { Kind: FileKind.CharacterDevice or FileKind.BlockDevice } status
            ? new Verdict(Layer.Kernel, $"no driver answers for device {status.Node.Major}:{status.Node.Minor}") { Evidence = [$"'{walk.Path}' is there and was allowed to be opened"] }
            : null;
    }

    // Absolute, without links resolved: cheap enough for every file that is looked for and not found.
    private static string? Lexical(ProcessFacts process, PathUse use)
    {
        string path = System.Text.Encoding.UTF8.GetString(use.Path!);
        string? from = path.StartsWith('/') ? "/" : process.Link(use.Directory == PathCalls.WorkingDirectory ? "cwd" : $"fd/{use.Directory}");
        return from is ['/', ..] ? Path.GetFullPath(path, from) : null;
    }

    private string? MaskOver(string path) =>
        container.Spec.Linux.MaskedPaths.FirstOrDefault(mask => path.StartsWith($"{mask}/", StringComparison.Ordinal) && HostHas(mask));

    private static bool HostHas(string path) => Path.Exists(path);

    private static string? HostDevice(string path)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle device = FileSystem.OpenPath(path, OpenAs.Path);
            FileStatus status = FileSystem.GetStatus(device);
            return status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice
                ? $"{(status.Kind == FileKind.BlockDevice ? 'b' : 'c')} {status.Node.Major}:{status.Node.Minor}"
                : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private Verdict? ByPath(FailedCall failed)
    {
        foreach (PathUse use in failed.Paths)
        {
            using PathWalk? walk = PathWalk.Try(failed.Process, use);
            if (walk is not null && (BySearch(failed, use, walk) ?? ByTarget(failed, use, walk) ?? ByName(failed, use, walk) ?? ByOwner(failed, use, walk)) is { } verdict)
            {
                return verdict;
            }
        }

        return null;
    }

    private Verdict? BySearch(FailedCall failed, PathUse use, PathWalk walk)
    {
        bool writesThen = (use.Want & (Want.Write | Want.Name | Want.Create)) != 0;
        foreach (Place directory in walk.Directories)
        {
            if (Refused(failed, directory, Want.Execute, "search", writesThen) is { } verdict)
            {
                return verdict;
            }
        }

        return null;
    }

    private Verdict? ByTarget(FailedCall failed, PathUse use, PathWalk walk)
    {
        if (walk.Target is not { } target || (use.Want & Want.Name) != 0)
        {
            return null;
        }

        bool isDevice = target.Status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice;
        if ((use.Want & Want.Open) != 0 && isDevice && target.Mount?.Has("nodev") == true && failed.Errno == Errno.EACCES)
        {
            return Option(target, "nodev", $"--device HOST:{target.Path}");
        }

        if ((use.Want & Want.Program) != 0)
        {
            return ByProgram(failed, target);
        }

        if (Refused(failed, target, use.Want, Doing(use.Want)) is { } refused)
        {
            return refused;
        }

        if (isDevice && (use.Want & Want.Open) != 0 && ByDeviceRules(target, use.Want) is { } byRules)
        {
            return byRules;
        }

        if ((use.Want & Want.Write) != 0 && target.IsImmutable)
        {
            return Plain($"'{target.Path}' has the attribute immutable or append-only");
        }

        bool overwrites = (use.Want & Want.Create) != 0 && target.Status.Kind is FileKind.Regular or FileKind.Fifo;
        if (overwrites && failed.Errno == Errno.EACCES && walk.Parent is { } parent && (parent.Status.Mode & Sticky) != 0 && target.Status.Owner != failed.Process.FileUid)
        {
            return new Verdict(Layer.KernelSetting, "fs.protected_regular")
            {
                Evidence = [$"'{target.Path}' exists, is another user's, and its directory is sticky: opening it with O_CREAT is refused to everybody else"],
                Allow = ["opening it without O_CREAT", "sysctl -w fs.protected_regular=0 on the host"],
            };
        }

        return null;
    }

    private static Verdict? ByProgram(FailedCall failed, Place target)
    {
        if (target.Status.Kind != FileKind.Regular)
        {
            return Plain($"'{target.Path}' is no regular file");
        }

        if (target.Mount?.Has("noexec") == true)
        {
            return Option(target, "noexec", target.Mount.Type == "tmpfs" ? $"--tmpfs {target.Mount.Point}:exec" : "-v without noexec");
        }

        if (failed.Errno == Errno.EPERM && FileCapabilities.Demanded(target.Content) is var demanded and not 0 && (demanded & ~failed.Process.Bounding) is var lacking and not 0)
        {
            IReadOnlyList<string> names = Capability.NamesOf(lacking);
            return new Verdict(Layer.Capability, string.Join(", ", names))
            {
                Evidence = [$"the file '{target.Path}' has capabilities of its own and insists on them; the container's bounding set lacks {string.Join(", ", names)}, and then the kernel does not start it"],
                Allow = [string.Join(' ', names.Select(static name => $"--cap-add {name["CAP_".Length..]}")), $"setcap -r {target.Path} in the image"],
            };
        }

        return FileRights.Check(failed.Process, target.Status, Want.Execute) == Access.ByMode
            ? Plain($"'{target.Path}' has mode {Octal(target.Status)} and may not be executed", $"chmod +x {target.Path} in the image")
            : null;
    }

    private static Verdict Option(Place target, string option, string allow) => new(Layer.MountOption, option)
    {
        Evidence = [$"'{target.Path}' is on the mount at '{target.Mount!.Point}', which is {option} ({target.Mount.Type})"],
        Allow = [allow],
    };

    private Verdict? ByDeviceRules(Place target, Want want)
    {
        string access = $"{((want & Want.Read) != 0 ? "r" : "")}{((want & Want.Write) != 0 ? "w" : "")}";
        char kind = target.Status.Kind == FileKind.BlockDevice ? 'b' : 'c';
        DeviceNumber node = target.Status.Node;
        return container.AllowsDevice is { } allows && !allows(kind, node.Major, node.Minor, access)
            ? new Verdict(Layer.Cgroup, $"the device rules refuse {kind} {node.Major}:{node.Minor} {access}")
            {
                Evidence = [$"'{target.Path}' is device {kind} {node.Major}:{node.Minor}, its mode grants the access, and the container's device rules do not list it"],
                Allow = [HostPathOf(kind, node) is { } path ? $"--device {path}:{target.Path}:{access}" : $"--device NODE:{target.Path}:{access}, NODE being {kind} {node.Major}:{node.Minor} on the host"],
            }
            : null;
    }

    private static string? HostPathOf(char kind, DeviceNumber node)
    {
        string? target = new FileInfo($"/sys/dev/{(kind == 'b' ? "block" : "char")}/{node.Major}:{node.Minor}").LinkTarget;
        string? path = target is null ? null : $"/dev/{Path.GetFileName(target)}";
        return path is not null && Path.Exists(path) ? path : null;
    }

    private Verdict? ByName(FailedCall failed, PathUse use, PathWalk walk)
    {
        bool creates = (use.Want & Want.Create) != 0 && walk.Target is null;
        if (((use.Want & Want.Name) == 0 && !creates) || walk.Parent is not { } parent)
        {
            return null;
        }

        if (Refused(failed, parent, Want.Write | Want.Execute, "make or remove a name in") is { } refused)
        {
            return refused;
        }

        bool isOthers = walk.Target is { } target && target.Status.Owner != failed.Process.FileUid && parent.Status.Owner != failed.Process.FileUid;
        if ((use.Want & Want.Remove) != 0 && (parent.Status.Mode & Sticky) != 0 && isOthers)
        {
            return Owner(failed, walk.Target!, $"'{parent.Path}' is sticky: only the owner of '{walk.Path}' may take it away");
        }

        return parent.IsImmutable || walk.Target?.IsImmutable == true ? Plain($"'{walk.Path}' or its directory has the attribute immutable or append-only") : null;
    }

    private Verdict? ByOwner(FailedCall failed, PathUse use, PathWalk walk)
    {
        if ((use.Want & (Want.Own | Want.NoAccessTime)) == 0 || walk.Target is not { } target || ByOwnerOfAttribute(failed) is not null)
        {
            return null;
        }

        if (target.IsImmutable)
        {
            return Plain($"'{target.Path}' has the attribute immutable or append-only");
        }

        return failed.Name.EndsWith("chown", StringComparison.Ordinal) || failed.Name == "fchownat"
            ? OwnerChange(failed, target)
            : target.Status.Owner != failed.Process.FileUid ? Owner(failed, target, $"'{target.Path}' belongs to another user") : null;
    }

    private static string Doing(Want want) => (want & Want.Write) != 0 ? "write to" : (want & Want.Read) != 0 ? "read" : "use";

    private static string Octal(in FileStatus status) => Convert.ToString(status.Mode, 8).PadLeft(4, '0');

    private static Verdict Plain(string evidence, params string[] allow) => new(Layer.FilePermission, "owner and mode of the file") { Evidence = [evidence], Allow = allow };
}
