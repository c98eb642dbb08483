using CrunSharp.Images;
using CrunSharp.Runtime;

namespace CrunSharp.Engine;

/// <summary>The verbs that a user knows. Made anew for every call of the program: there is no daemon.</summary>
/// <remarks>What a verb does not need is not touched: stores, runtime and registry are opened when first asked for.</remarks>
public sealed partial class ContainerEngine : IDisposable
{
    private readonly Lazy<ImageStore> _images;
    private readonly Lazy<ContainerStore> _containers;
    private readonly Lazy<ContainerRuntime> _runtime;
    private readonly Action<string> _warn;

    /// <param name="warn">Told what a user should know although it stops nothing.</param>
    public ContainerEngine(StoragePaths paths, Action<string> warn)
    {
        Paths = paths;
        _warn = warn;
        paths.Ensure();
        _images = new Lazy<ImageStore>(() => ImageStore.Open(paths.Root, new ImageStoreOptions { ImagesInUse = ImagesInUse }));
        _containers = new Lazy<ContainerStore>(() => new ContainerStore(paths.Root, paths.RunRoot));
        _runtime = new Lazy<ContainerRuntime>(() => new ContainerRuntime(new RuntimeOptions
        {
            StateRoot = RuntimeRoot,
            CgroupManager = CgroupManager,
            SeccompCache = $"{paths.RunRoot}/seccomp",
            Warn = warn,
        }));
    }

    public StoragePaths Paths { get; }

    private string RuntimeRoot => $"{Paths.RunRoot}/runtime";

    public ImageStore Images => _images.Value;

    public ContainerStore Containers => _containers.Value;

    public void Dispose()
    {
        if (_images.IsValueCreated)
        {
            _images.Value.Dispose();
        }
    }

    // What belongs to an ordinary user is only what systemd gives; root needs to ask nobody.
    private static CgroupManager CgroupManager => UserNamespace.IsRootless ? ContainerRuntime.ManagerOfUser : CgroupManager.Cgroupfs;

    private ContainerRuntime Runtime => _runtime.Value;

    private HashSet<Oci.Digest> ImagesInUse() => [.. Containers.List(_warn).Select(static container => container.Record.ImageId)];
}
