using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Where images and containers are kept (<c>--root</c>) and what a reboot may forget (<c>--runroot</c>).</summary>
public sealed record StoragePaths
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public required string Root { get; init; }

    public required string RunRoot { get; init; }

    /// <summary>The paths of this caller; <see cref="UserNamespace.Ensure"/> comes first.</summary>
    /// <param name="root">The value of <c>--root</c>, or null.</param>
    /// <param name="runRoot">The value of <c>--runroot</c>, or null.</param>
    public static StoragePaths Resolve(string? root, string? runRoot) => new()
    {
        Root = Chosen(root) ?? (UserNamespace.Outer is { } user ? DataDirectory(user) : "/var/lib/crun-sharp"),
        RunRoot = Chosen(runRoot) ?? (UserNamespace.Outer is { } caller ? RuntimeDirectory.Ensure(caller.Uid) : "/run/crun-sharp"),
    };

    /// <summary>Makes both directories, 0700; others' directories and those that others may enter are refused.</summary>
    /// <remarks>May be called twice.</remarks>
    public void Ensure()
    {
        EnsureDirectory(Root);
        EnsureDirectory(RunRoot);
    }

    /// <summary>Beneath <c>XDG_DATA_HOME</c>. A store of one id keeps no owners, so it is another than that of many.</summary>
    private static string DataDirectory(OuterUser user)
    {
        string? named = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        string data = named is ['/', ..] && IsOwn(named) ? named : $"{Home(user)}/.local/share";
        return $"{data}/crun-sharp{(user.IsOneId ? "-one-id" : "")}";
    }

    private static string Home(OuterUser user)
    {
        // `su` and `setpriv` can leave the home of the user before.
        if (Environment.GetEnvironmentVariable("HOME") is ['/', ..] home && IsOwn(home))
        {
            return home;
        }

        return HomeOf(File.ReadAllText("/etc/passwd"), user.Uid) ?? throw new CrunException(
            "cannot tell where to keep images", $"HOME names no directory of user {user.Uid}, and /etc/passwd has none")
        {
            Hints = ["name one: export HOME=DIRECTORY", "or say where: --root DIRECTORY"],
        };
    }

    internal static string? HomeOf(string passwd, uint uid)
    {
        foreach (string line in passwd.Split('\n'))
        {
            // name, password, uid, gid, comment, home, shell: passwd(5).
            string[] fields = line.Split(':');
            if (fields.Length >= 6 && fields[2] == $"{uid}" && fields[5].StartsWith('/'))
            {
                return fields[5];
            }
        }

        return null;
    }

    private static bool IsOwn(string path) =>
        Ownership.Of(Path.TrimEndingDirectorySeparator(path)) is { IsDirectory: true } found && found.Uid == Identity.EffectiveUid;

    private static string? Chosen(string? path) => path is null ? null : Path.GetFullPath(path);

    private static void EnsureDirectory(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                // Only the last one is ours to close: its parents may be anybody's.
                if (Path.GetDirectoryName(path) is { } parent)
                {
                    Directory.CreateDirectory(parent);
                }

                Directory.CreateDirectory(path, OnlyOwner);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CrunException($"cannot make '{path}'", FileFailure.Reason(exception), exception)
            {
                Hints = ["keep images and containers elsewhere: --root DIRECTORY --runroot DIRECTORY"],
            };
        }

        // Programs with the set-user-ID bit lie in there, as images bring them; nobody else may reach them.
        Ownership owner = Ownership.Of(new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path)
            ?? throw new CrunException($"cannot use '{path}'", "it is gone");
        if (owner.Uid != Identity.EffectiveUid)
        {
            throw new CrunException($"cannot use '{path}'", "it belongs to another user");
        }

        if ((owner.Mode & Ownership.AnythingByOthers) != 0)
        {
            throw new CrunException($"cannot use '{path}'", "others may look into it")
            {
                Hints = [$"close it: chmod 0700 {path}"],
            };
        }
    }
}
