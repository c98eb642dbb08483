using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Where an ordinary user keeps what ends with the login or the boot. native/main looks in the same places.</summary>
internal static class RuntimeDirectory
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The directory of this program in it; made when it is absent.</summary>
    /// <param name="outerUid">The user outside; the effective one is 0 once the namespace is joined.</param>
    /// <exception cref="CrunException">Somebody else has taken the name of the last resort.</exception>
    public static string Ensure(uint outerUid)
    {
        string own = $"{EnsureParent(outerUid)}/crun-sharp";
        Directory.CreateDirectory(own, OnlyOwner);
        return IsOwn(own) ? own : throw NotOurs(own);
    }

    /// <summary>The directory of this program as it is; null where there is none yet.</summary>
    public static string? Find(uint outerUid) =>
        $"{FindParent(outerUid) ?? LastResort(outerUid)}/crun-sharp" is var own && IsOwn(own) ? own : null;

    private static string EnsureParent(uint outerUid)
    {
        if (FindParent(outerUid) is { } found)
        {
            return found;
        }

        string lastResort = LastResort(outerUid);
        if (Ownership.Of(lastResort) is null)
        {
            Directory.CreateDirectory(lastResort, OnlyOwner);
        }

        return IsOwn(lastResort) ? lastResort : throw NotOurs(lastResort);
    }

    private static string? FindParent(uint outerUid)
    {
        // After `su` the variable may still name another user's directory, and after `sudo` there is none.
        string? named = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        if (named is ['/', ..] && IsOwn(named))
        {
            return named;
        }

        string usual = $"/run/user/{outerUid}";
        return IsOwn(usual) ? usual : null;
    }

    private static string LastResort(uint outerUid) => $"/tmp/crun-sharp-run-{outerUid}";

    public static bool IsOwn(string path) =>
        Ownership.Of(path) is { IsDirectory: true } found
        && found.Uid == Identity.EffectiveUid
        && (found.Mode & Ownership.WritableByOthers) == 0;

    private static CrunException NotOurs(string path) =>
        new($"cannot use '{path}' for what runs", "it belongs to another user, others may write to it, or it is no directory")
        {
            Hints = ["name a directory of your own: export XDG_RUNTIME_DIR=DIRECTORY"],
        };
}
