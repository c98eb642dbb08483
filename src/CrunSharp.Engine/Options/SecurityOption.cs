using CrunSharp.Bundles;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>The values of <c>--security-opt</c>.</summary>
public static class SecurityOption
{
    private const long LargestProfile = 4 << 20;

    public static SecurityOptions Parse(IReadOnlyList<string> texts)
    {
        SecurityOptions security = SecurityOptions.Default;
        foreach (string text in texts)
        {
            // 'name:value' is how docker wrote it first; scripts still do.
            int cut = text.AsSpan().IndexOfAny('=', ':');
            string name = cut < 0 ? text : text[..cut];
            string value = cut < 0 ? "" : text[(cut + 1)..];
            security = (name, value) switch
            {
                ("no-new-privileges", "" or "true") => security with { NoNewPrivileges = true },
                ("no-new-privileges", "false") => security with { NoNewPrivileges = false },
                ("seccomp", "unconfined") => security with { SeccompUnconfined = true },
                ("seccomp", { Length: > 0 }) => security with { SeccompProfile = ReadProfile(value) },
                ("systempaths", "unconfined") => security with { UnmaskedPaths = true },
                ("mask", { Length: > 0 }) => security with { Mask = [.. security.Mask, .. value.Split(':')] },
                ("unmask", { Length: > 0 }) => security with { Unmask = [.. security.Unmask, .. value.Split(':')] },
                ("apparmor", { Length: > 0 }) => security with { ApparmorProfile = value },
                ("label", "disable") => security,
                _ => throw Quantity.Refuse("--security-opt", text, "it is none of seccomp=FILE, seccomp=unconfined, no-new-privileges, systempaths=unconfined, apparmor=PROFILE"),
            };
        }

        return security;
    }

    private static byte[] ReadProfile(string path)
    {
        try
        {
            return new FileInfo(path) is { Length: <= LargestProfile }
                ? File.ReadAllBytes(path)
                : throw new CrunException($"cannot use the seccomp profile '{path}'", $"it is larger than {LargestProfile >> 20} MiB");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CrunException($"cannot read the seccomp profile '{path}'", failure is UnauthorizedAccessException ? "permission denied" : "no such file or directory", failure);
        }
    }
}
