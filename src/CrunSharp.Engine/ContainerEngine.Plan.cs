using CrunSharp.Bundles;
using CrunSharp.Explain;
using CrunSharp.Images;
using CrunSharp.Linux;
using CrunSharp.Networks;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>What <see cref="Run"/> would do, for a container that is never made: its id is made up.</summary>
    /// <param name="command">The command line, for whoever reads the explanation.</param>
    /// <exception cref="CrunException">What <see cref="Run"/> would refuse as well; or the image is not in the store.</exception>
    public LaunchFacts Plan(RunRequest request, string command)
    {
        request = request with { Options = request.Isolation.Apply(request.Options) };
        StoredImage image = GetImage(request with { Pull = PullPolicy.Never }, static () => null);
        Container? owner = NetworkOwner(request);
        NetworkHelper? helper = request.Network.Kind == NetworkKind.Private ? NetworkHelper.Find() : null;

        // Short, as it is to be read in many paths.
        ContainerId id = ContainerId.Parse(Convert.ToHexStringLower(KernelRandom.Bytes(6)));
        ContainerDirectory directory = new($"{Paths.Root}/containers/{id}");
        RunOptions options = OptionsFor(request, image, directory, owner);
        Spec spec = SpecFor(request, image, directory, options);
        LaunchOutline outline = Runtime.Outline(new LaunchRequest
        {
            Id = id,
            Spec = spec,
            Bundle = directory.Path,
            Root = new RootSource.Overlay(image.LayerDirectories, directory.Scratch, directory.MountPoint, UserNamespace.IsRootless, request.AutoRemove),
            OwnTerminal = options.Terminal,

            // Only whether there are any counts.
            Stdio = options.Terminal ? null : [],
            Init = options.Init,
            NoCgroup = request.Isolation.Without.HasFlag(IsolationLayers.Cgroup),
            NoNewKeyring = request.Isolation.Without.HasFlag(IsolationLayers.Keyring),
            Wire = helper is null ? null : static (_, _) => Task.CompletedTask,
        });
        return new LaunchFacts
        {
            Command = command,
            Plan = outline.Plan,
            Cgroup = outline.Cgroup,
            Directory = directory.Path,
            Store = Paths.Root,
            Files = [.. PlannedFiles(directory, spec, request, owner, helper)],
            Volumes = [.. options.Mounts.Where(mount => IsOwnVolume(directory, mount)).Select(mount => new PreparedVolume(mount.Source!, mount.Destination, image.LayerDirectories))],
            Root = new RootOwner(image.Root.Owner, image.Root.Group, image.Root.Mode),
            Interactive = options.Interactive,
            Terminal = options.Terminal,
            User = UserNamespace.Outer is { } user ? new UserMaps(Extents(user.Uids), Extents(user.Gids), user.IsOneId) : null,
            NetworkHelper = helper?.Path,
        };
    }

    private static IEnumerable<PreparedFile> PlannedFiles(
        ContainerDirectory directory, Spec spec, RunRequest request, Container? owner, NetworkHelper? helper)
    {
        foreach ((string path, string text) in EtcFiles.Texts(directory, spec.Hostname ?? BundleHost.Name, request.Network, helper?.NameServers ?? []))
        {
            bool isOwners = owner is not null && path != directory.HostName;
            yield return new PreparedFile(path, isOwners ? File.ReadAllText(path == directory.Hosts ? owner!.Directory.Hosts : owner!.Directory.ResolvConf) : text);
        }
    }

    private static List<IdMapping> Extents(IReadOnlyList<CrunSharp.Linux.IdExtent> extents) =>
        [.. extents.Select(static extent => new IdMapping(extent.Inside, extent.Outside, extent.Count))];
}
