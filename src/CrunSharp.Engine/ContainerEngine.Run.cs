using System.Diagnostics.CodeAnalysis;
using CrunSharp.Bundles;
using CrunSharp.Images;
using CrunSharp.Linux;
using CrunSharp.Networks;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    private const int LargestUserDatabase = 1 << 20;

    /// <summary>Makes a container and runs it; this process becomes its monitor and ends as the container's program does.</summary>
    /// <param name="observe">Asked for when, and only when, an image has to be pulled.</param>
    /// <exception cref="CrunException">It could not be started; nothing of it is left.</exception>
    [DoesNotReturn]
    public void Run(RunRequest request, Func<IPullObserver?> observe)
    {
        if (request.Options is { Terminal: true, Interactive: true } && !Terminal.Is(0))
        {
            throw NoTerminal("run");
        }

        request = request with { Options = request.Isolation.Apply(request.Options) };
        using (Phase(request, "clear what earlier runs left"))
        {
            Recover();
        }

        StoredImage image;
        using (Phase(request, "find the image"))
        {
            image = GetImage(request, observe);
        }

        Container? owner = NetworkOwner(request);
        NetworkHelper? helper = request.Network.Kind == NetworkKind.Private ? NetworkHelper.Find() : null;
        using IDisposable hold = Images.Hold(image);
        try
        {
            using CreatedContainer container = CreateRecord(request, image);
            try
            {
                Launch(request, image, container, helper, owner);
            }
            catch
            {
                Undo(container);
                throw;
            }
        }
        catch (Exception failure) when (failure is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Explain("cannot make the container", failure);
        }
    }

    private CreatedContainer CreateRecord(RunRequest request, StoredImage image)
    {
        using TracePhase make = Phase(request, "make the container's record");
        return Containers.Create(request.Name, (id, name) => new ContainerRecord
        {
            Id = id,
            Name = name,
            Image = request.Image,
            ImageId = image.Id,
            Command = CommandOf(image.Config, request.Options),
            Created = DateTimeOffset.UtcNow,
            AutoRemove = request.AutoRemove,
            Terminal = request.Options.Terminal,
            Network = request.Network.ToString(),
            StopSignal = image.Config.StopSignal is { Length: > 0 } signal ? signal : "TERM",
            Monitor = ProcessIdentity.Current,
        });
    }

    internal static CrunException NoTerminal(string verb) => new($"cannot {verb} with -t", "the input device is not a TTY")
    {
        Hints = ["leave out -t where the input comes from a file or a pipe"],
    };

    [DoesNotReturn]
    private void Launch(RunRequest request, StoredImage image, CreatedContainer container, NetworkHelper? helper, Container? owner)
    {
        TracePhase config = Phase(request, "make config.json and the container's files");
        ContainerDirectory directory = container.Directory;
        PrepareDirectory(directory, image);
        MakeNamedVolumes(request.Volumes);
        RunOptions options = OptionsFor(request, image, directory, owner);
        FillVolumes(image, directory, options.Mounts);
        Spec spec = SpecFor(request, image, directory, options);
        foreach (string warning in request.Isolation.Warnings)
        {
            _warn(warning);
        }

        EtcFiles.Write(directory, spec.Hostname ?? BundleHost.Name, request.Network, helper?.NameServers ?? []);
        if (owner is not null)
        {
            EtcFiles.CopyNames(owner.Directory, directory);
        }

        if (request.Observed is { Lift: { } lift } observed)
        {
            spec = LiftedSpec.Without(lift, observed.Capabilities, spec, ResolveVolumes(request.Volumes), directory);
        }

        config.Dispose();

        byte[]? text = null;
        NetworkAttachment? network = null;
        ContainerRoot root = new(directory, image, request.AutoRemove, Paths.RunRoot, _warn);
        using AttachedStdio stdio = AttachedStdio.Create(options.Interactive, options.Terminal);
        try
        {
            Launched launched = Explained(image.LayerDirectories, spec, spec.Process!, () => root.Launch(source => Runtime.Run(new LaunchRequest
            {
                Id = container.Record.Id,
                Spec = spec,
                SpecText = () => text ??= SpecWriter.Write(spec),
                Bundle = directory.Path,
                Root = source,
                OwnTerminal = options.Terminal,
                Stdio = stdio.Inside,
                Init = options.Init,
                NoCgroup = request.Isolation.Without.HasFlag(IsolationLayers.Cgroup),
                WithoutCgroup = UserNamespace.IsRootless ? TellOfNoCgroup : null,
                NoNewKeyring = request.Isolation.Without.HasFlag(IsolationLayers.Keyring),
                Trace = request.Trace,
                Wire = async (pid, cancellationToken) =>
                {
                    // Whoever finds the process finds what it was made of.
                    File.WriteAllBytes(directory.Config, text ??= SpecWriter.Write(spec));

                    // From here on whoever finds the record knows what to end, whatever becomes of us.
                    container.Update(container.Record with { Process = ProcessIdentity.TryGet(pid) });
                    if (helper is not null)
                    {
                        // Of a launch before this one, whose kind of root this host refused.
                        End(network);
                        network = await helper.AttachAsync(pid, cancellationToken);
                        container.Update(container.Record with { Helpers = [Identity(network)] });
                    }

                    request.Observed?.Announce(pid, directory);
                },
            })));
            stdio.Dispose();
            container.Update(container.Record with { Started = DateTimeOffset.UtcNow, Helpers = [.. container.Record.Helpers, .. root.Helpers] });
            if (request.Trace is not null)
            {
                request.Traced?.Invoke(request.Trace);
            }

            CrunSharp.Runtime.Monitor.Become(Order(container, launched, stdio, options, [network?.PidFd, root.Server]));
        }
        catch
        {
            End(network);
            root.EndServer();
            throw;
        }
    }

    // Once for each boot: whoever asks for no limit misses little by it.
    private void TellOfNoCgroup(string why)
    {
        string told = $"{Paths.RunRoot}/cgroup-told";
        if (!File.Exists(told))
        {
            File.WriteAllText(told, why);
            _warn($"containers get no cgroup of their own, hence no limits: {why}");
        }
    }

    private static TracePhase Phase(RunRequest request, string name) => request.Trace.Phase(TraceTrack.Engine, name);

    private static void End(NetworkAttachment? network)
    {
        if (network is not null)
        {
            Processes.Signal(network.PidFd, SIGKILL);
            network.Dispose();
        }
    }

    private MonitorOrder Order(CreatedContainer container, Launched launched, AttachedStdio stdio, RunOptions options, IReadOnlyList<SafeFileHandle?> helpers)
    {
        ContainerRecord record = container.Record;
        List<MonitorAction> actions = [];
        foreach (SafeFileHandle helper in helpers.OfType<SafeFileHandle>())
        {
            actions.Add(new MonitorAction.Kill(helper));
        }

        foreach (string cgroup in launched.CgroupDirectories)
        {
            actions.Add(new MonitorAction.RemoveCgroup(cgroup, KillFirst: true));
        }

        actions.Add(new MonitorAction.RemoveTree($"{RuntimeRoot}/{record.Id}"));
        if (record.AutoRemove)
        {
            // The name last: while it is there, nobody else can take it for a container that still exists.
            actions.Add(new MonitorAction.RemoveTree(container.Directory.Path));
            actions.Add(new MonitorAction.Unlink(Containers.NamePath(record.Name)));
        }

        actions.Add(new MonitorAction.Unlink(Containers.MarkPath(record.Id)));

        return new MonitorOrder
        {
            Pid = launched.Pid,
            PidFd = launched.PidFd,
            Terminal = launched.Terminal,
            Input = stdio.Input,
            Output = stdio.Output,
            Error = stdio.Error,
            HandOnInput = options.Interactive,
            InputOnce = options.Interactive && !options.Terminal,
            Raw = options is { Terminal: true, Interactive: true },
            Record = container.Directory.Exit,
            Actions = actions,
        };
    }

    /// <summary>A container that never ran leaves nothing, and a failure to clear it never hides why.</summary>
    private void Undo(CreatedContainer container)
    {
        try
        {
            container.Dispose();
            Destroy(container.Directory);
        }
        catch (Exception failure) when (failure is CrunException or LinuxException or IOException or UnauthorizedAccessException)
        {
            _warn($"cannot clear what is left of container {container.Record.Id}: {failure.Message}");
        }
    }

    private static ProcessIdentity Identity(NetworkAttachment network) =>
        ProcessIdentity.TryGet(network.HelperPid)
        ?? throw new CrunException($"cannot connect the container by {network.Helper}", "the helper ended at once");
}
