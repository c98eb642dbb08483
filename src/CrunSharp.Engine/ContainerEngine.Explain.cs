using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Where the kernel says no more than 'exec format error', looks at the program and says which and why.</summary>
    private static Launched Explained(IReadOnlyList<string> layers, Spec spec, Process process, Func<Launched> launch)
    {
        try
        {
            return launch();
        }
        catch (CrunException failure) when (failure.Why.EndsWith("exec format error", StringComparison.Ordinal))
        {
            using LayeredRoot root = new(layers);
            if (ProgramFile.Explain(path => OpenAsContainer(root, spec, path), process) is not var (program, why, isForeign))
            {
                throw;
            }

            throw new CrunException($"cannot execute '{program}'", why, failure)
            {
                ExitCode = failure.ExitCode,
                Hints = isForeign ? [$"an image for this host: --platform {Platform.Host}"] : [],
            };
        }
    }

    /// <summary>A regular file where the container has it: in what the user mounts, else in the layers.</summary>
    private static SafeFileHandle? OpenAsContainer(LayeredRoot root, Spec spec, string path)
    {
        string absolute = Path.GetFullPath(path);
        Mount? mount = spec.Mounts.LastOrDefault(mount => mount.Source is ['/', ..]
            && (absolute == mount.Destination || absolute.StartsWith($"{mount.Destination}/", StringComparison.Ordinal)));
        if (mount is null)
        {
            return root.TryOpen(absolute);
        }

        try
        {
            using SafeFileHandle looked = FileSystem.OpenPath(mount.Source + absolute[mount.Destination.Length..], OpenAs.Path);
            return FileSystem.GetStatus(looked).Kind == FileKind.Regular
                ? File.OpenHandle($"/proc/self/fd/{looked.DangerousGetHandle()}")
                : null;
        }
        catch (Exception failure) when (failure is LinuxException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
