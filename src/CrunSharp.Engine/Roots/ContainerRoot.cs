using CrunSharp.Images;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>A container's root, made of an image's layers in the best way that this host has: overlay, fuse-overlayfs, a copy.</summary>
/// <remarks>Chosen by trying, as what lies beneath a directory decides too. What is second best is said once for each boot.</remarks>
internal sealed class ContainerRoot(ContainerDirectory directory, StoredImage image, bool autoRemove, string runRoot, Action<string> warn)
{
    private FuseOverlay? _server;

    /// <summary>The process that serves the root, which has to end with the container; null where the kernel does.</summary>
    public SafeFileHandle? Server => _server?.PidFd;

    public IReadOnlyList<ProcessIdentity> Helpers => _server is { } server && ProcessIdentity.TryGet(server.Pid) is { } identity ? [identity] : [];

    /// <summary>Launches the container with the first root that this host does not refuse.</summary>
    public Launched Launch(Func<RootSource, Launched> launch)
    {
        if (Directory.Exists(directory.Copy))
        {
            return launch(new RootSource.Directory(directory.Copy));
        }

        string refusal;
        try
        {
            return launch(new RootSource.Overlay(image.LayerDirectories, directory.Scratch, directory.MountPoint, UserNamespace.IsRootless, autoRemove));
        }
        catch (CrunException failure) when (failure.InnerException is RootRefusedException refused)
        {
            refusal = refused.Message;
        }

        if (FuseOverlay.Find([.. image.LayerDirectories, directory.Scratch]) is { } program && TryFuse(launch, program) is { } launched)
        {
            Tell("fuse-overlayfs serves the files of containers, slower than the kernel would", refusal);
            return launched;
        }

        MakeCopy();
        launched = launch(new RootSource.Directory(directory.Copy));
        Tell("every container gets a copy of its image, which takes time and room", refusal);
        return launched;
    }

    /// <summary>Ends the serving process, where the container does not come to be.</summary>
    public void EndServer()
    {
        _server?.End();
        _server = null;
    }

    private Launched? TryFuse(Func<RootSource, Launched> launch, string program)
    {
        try
        {
            return launch(new RootSource.Fuse(
                directory.MountPoint,
                device => _server = FuseOverlay.Start(program, image.LayerDirectories, directory.Scratch, device)));
        }
        catch (CrunException failure) when (failure.InnerException is RootRefusedException || _server is { HasFailed: true })
        {
            EndServer();
            return null;
        }
    }

    private void MakeCopy()
    {
        // Under another name until it is whole: a copy that is there is used.
        string part = $"{directory.Copy}.part";
        Directory.CreateDirectory(part);
        using (LayeredRoot root = new(image.LayerDirectories))
        {
            root.CopyTo("/", part);
        }

        using (SafeFileHandle top = FileSystem.OpenPath(part, OpenAs.Directory))
        {
            FileSystem.SetOwner(top, image.Root.Owner, image.Root.Group);
            FileSystem.SetMode(top, image.Root.Mode);
        }

        Directory.Move(part, directory.Copy);
    }

    private void Tell(string way, string refusal)
    {
        string told = $"{runRoot}/root-told";
        if (!File.Exists(told) || File.ReadAllText(told) != way)
        {
            File.WriteAllText(told, way);
            warn($"{way}: this host refuses to {refusal}\n  crun-sharp doctor tells how to mend it");
        }
    }
}
