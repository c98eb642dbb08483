using System.Text;
using System.Runtime.InteropServices;
using CrunSharp.Bundles;
using CrunSharp.Images;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The image for a run: from the store, or by the policy from its registry.</summary>
    private StoredImage GetImage(RunRequest request, Func<IPullObserver?> observe)
    {
        StoredImage? stored = request.Pull == PullPolicy.Always ? null : Images.Find(request.Image);
        if (stored is not null && request.Platform is { } wanted && !wanted.Matches(stored.Config.Platform))
        {
            stored = null;
        }

        if (stored is null)
        {
            if (request.Pull == PullPolicy.Never)
            {
                throw new CrunException($"cannot run the image '{request.Image}'", "it is not in the store, and --pull never forbids to fetch it")
                {
                    Hints = [$"crun-sharp pull {request.Image}"],
                };
            }

            stored = PullForRun(request, observe);
        }

        if (request.Platform is null && !Platform.Host.Matches(stored.Config.Platform))
        {
            _warn($"the image is for {stored.Config.Platform}, this host is {Platform.Host}");
        }

        return stored;
    }

    private StoredImage PullForRun(RunRequest request, Func<IPullObserver?> observe)
    {
        Reference reference = Reference.Parse(request.Image);
        using IPullObserver? observer = observe();
        if (request.Pull == PullPolicy.Missing)
        {
            observer?.Missing(reference);
        }

        // Dying at once would harm no store, but could leave a terminal in the middle of a drawing.
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return PullAsync(reference, request.Platform ?? Platform.Host, observer, interrupted.Token).GetAwaiter().GetResult().Image;

        void Cancel(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }

    private RunOptions OptionsFor(RunRequest request, StoredImage image, ContainerDirectory directory, Container? owner)
    {
        RunOptions options = request.Options with
        {
            ContainerId = directory.Id.Value,
            CgroupsPath = CgroupsPath(directory.Id),
            Mounts = [.. OpenToAll(request.Options.Mounts, image), .. ResolveVolumes(request.Volumes)],
            UserNamespace = request.Options.UserNamespace ?? ContainerUserNamespace.Of(UserNamespace.Outer),
        };
        options = WithNetwork(options, request.Network, owner);
        return options with { Mounts = [.. options.Mounts, .. ImageVolumes(directory, image, options.Mounts)] };
    }

    private static Spec SpecFor(RunRequest request, StoredImage image, ContainerDirectory directory, RunOptions options)
    {
        Spec spec = BundleSpec.Create(Defaults(image.Config), options, ReadUsers(image.LayerDirectories), BundleHost.Facts(options.Privileged));
        spec = request.Isolation == Isolation.Whole ? spec : request.Isolation.Apply(spec, BundleHost.Bounding());
        return spec with
        {
            Root = new Root { Path = directory.MountPoint, Readonly = options.ReadOnlyRoot },
            Mounts = WithEtc([.. spec.Mounts.Where(static mount => !IsAbsentQueues(mount))], directory),
            Process = Adapt(spec.Process!),
        };
    }

    // With the host's ipc namespace its queues are shown; not every host has them mounted.
    private static bool IsAbsentQueues(Mount mount) => mount is { Source: "/dev/mqueue", Destination: "/dev/mqueue" } && !Directory.Exists("/dev/mqueue");

    private static void PrepareDirectory(ContainerDirectory directory, StoredImage image)
    {
        string upper = $"{directory.Scratch}/upper";
        Directory.CreateDirectory(directory.Scratch, Private);
        Directory.CreateDirectory(upper);
        Directory.CreateDirectory($"{directory.Scratch}/work", Private);
        Directory.CreateDirectory(directory.MountPoint);

        // The upper directory is what the container sees as its root directory: it takes the image's owner and mode.
        using SafeFileHandle root = FileSystem.OpenPath(upper, OpenAs.Directory);
        if (image.Root.Owner != 0 || image.Root.Group != 0)
        {
            FileSystem.SetOwner(root, image.Root.Owner, image.Root.Group);
        }

        FileSystem.SetMode(root, image.Root.Mode);
    }

    private static UserDatabase ReadUsers(IReadOnlyList<string> layers)
    {
        using LayeredRoot root = new(layers);
        return new UserDatabase(root.TryRead("/etc/passwd", LargestUserDatabase), root.TryRead("/etc/group", LargestUserDatabase));
    }

    private static ImageDefaults Defaults(ImageConfig config) => new()
    {
        Entrypoint = config.Entrypoint,
        Command = config.Cmd,
        Environment = config.Env,
        User = config.User,
        WorkingDirectory = config.WorkingDir,
    };

    private static List<string> CommandOf(ImageConfig config, RunOptions options)
    {
        IReadOnlyList<string> entrypoint = options.Entrypoint switch
        {
            null => config.Entrypoint,
            "" => [],
            { } program => [program],
        };
        IReadOnlyList<string> arguments = options.Command.Count > 0 ? options.Command
            : options.Entrypoint is null ? config.Cmd
            : [];
        return [.. entrypoint, .. arguments];
    }

    // What the user mounts on /etc, or on one of the files, was asked for: ours stay away.
    private static List<Mount> WithEtc(IReadOnlyList<Mount> mounts, ContainerDirectory directory)
    {
        List<Mount> result = [.. mounts];
        foreach (Mount own in EtcFiles.Mounts(directory))
        {
            if (!mounts.Any(mount => mount.Destination == own.Destination))
            {
                result.Add(own);
            }
        }

        return result;
    }

    private static Process Adapt(Process process)
    {
        ContainerUserNamespace.Check(process.User, UserNamespace.Outer);
        if (UserNamespace.Outer is { IsOneId: true })
        {
            // With one id mapped the kernel lets nobody set groups; doctor and the first run say what that costs.
            process = process with { User = process.User with { AdditionalGids = [] } };
        }

        return process.Terminal && Terminal.GetSize(0) is var (columns, rows)
            ? process with { ConsoleSize = new ConsoleSize(rows, columns) }
            : process;
    }

    // A tmpfs takes the mode of the directory that it covers; where the image has none, everybody may write, as with docker.
    private static IEnumerable<BundleMount> OpenToAll(IReadOnlyList<BundleMount> mounts, StoredImage image)
    {
        foreach (BundleMount mount in mounts)
        {
            bool decides = mount.Type == "tmpfs" && !mount.Options.Any(static option => option.StartsWith("mode=", StringComparison.Ordinal));
            if (!decides)
            {
                yield return mount;
                continue;
            }

            using LayeredRoot root = new(image.LayerDirectories);
            yield return root.HasDirectory(mount.Destination) ? mount : mount with { Options = [.. mount.Options, "mode=1777"] };
        }
    }

    private List<BundleMount> ResolveVolumes(IReadOnlyList<VolumeOption> volumes) => [.. volumes.Select(ResolveVolume)];

    private BundleMount ResolveVolume(VolumeOption volume)
    {
        string source = volume switch
        {
            { IsPath: true } => Path.GetFullPath(volume.Source!),
            { Source: { } name } => NamedVolume(name),
            _ => throw new CrunException($"cannot use -v '{volume.Destination}'", "volumes without a name are not supported yet"),
        };
        if (volume.IsPath && !Path.Exists(source))
        {
            throw new CrunException($"cannot mount '{source}'", "no such file or directory")
            {
                Hints = [$"mkdir -p {source}"],
            };
        }

        return new BundleMount { Type = "bind", Source = source, Destination = volume.Destination, Options = volume.Options };
    }

    private string NamedVolume(string name) => $"{Paths.Root}/volumes/{ContainerNames.Check(name)}/_data";

    private void MakeNamedVolumes(IReadOnlyList<VolumeOption> volumes)
    {
        foreach (VolumeOption volume in volumes)
        {
            if (volume is { IsPath: false, Source: { } name })
            {
                Directory.CreateDirectory($"{Paths.Root}/volumes", Private);
                Directory.CreateDirectory(NamedVolume(name));
            }
        }
    }

    /// <summary>A directory beside the container for each volume that the image names and the user does not mount.</summary>
    private static List<BundleMount> ImageVolumes(ContainerDirectory directory, StoredImage image, IReadOnlyList<BundleMount> users)
    {
        List<BundleMount> mounts = [];
        foreach (string volume in image.Config.Volumes)
        {
            // It comes from a stranger: made absolute here, resolved beneath the root by the stage.
            string destination = Path.GetFullPath(Path.Join("/", volume));
            if (destination != "/" && !destination.Contains('\0') && !users.Concat(mounts).Any(mount => mount.Destination == destination))
            {
                mounts.Add(new BundleMount
                {
                    Type = "bind",
                    Source = $"{directory.Volumes}/{mounts.Count}",
                    Destination = destination,
                    Options = ["rbind", "rprivate"],
                });
            }
        }

        return mounts;
    }

    // With what the image has there, as docker does it: a database expects its owner and its first files.
    private static void FillVolumes(StoredImage image, ContainerDirectory directory, IReadOnlyList<BundleMount> mounts)
    {
        foreach (BundleMount mount in mounts)
        {
            if (IsOwnVolume(directory, mount))
            {
                Directory.CreateDirectory(directory.Volumes, Private);
                Directory.CreateDirectory(mount.Source!);
                using LayeredRoot root = new(image.LayerDirectories);
                root.CopyTo(mount.Destination, mount.Source!);
            }
        }
    }

    private static bool IsOwnVolume(ContainerDirectory directory, BundleMount mount) =>
        mount.Source?.StartsWith($"{directory.Volumes}/", StringComparison.Ordinal) == true;
}
