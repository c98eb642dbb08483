using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>One comparison of a call's argument.</summary>
/// <remarks>seccomp_rule_add(3), struct scmp_arg_cmp.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SeccompComparison(uint Argument, uint Operator, ulong First, ulong Second);

/// <summary>libseccomp: turns rules about calls into a program for the kernel.</summary>
public sealed unsafe partial class SeccompCompiler : IDisposable
{
    private const int SCMP_FLTATR_ACT_BADARCH = 2;
    private const int SCMP_FLTATR_CTL_NNP = 3;
    private const int NR_SCMP_ERROR = -1;

    private void* _filter;

    private SeccompCompiler(void* filter) => _filter = filter;

    /// <summary>Major, minor and patch of the library that is linked in.</summary>
    public static string Version
    {
        get
        {
            uint* version = seccomp_version();
            return $"{version[0]}.{version[1]}.{version[2]}";
        }
    }

    /// <summary>The three numbers of <see cref="Version"/>, four bytes each.</summary>
    public static void WriteVersion(Span<byte> bytes) => new ReadOnlySpan<byte>(seccomp_version(), 12).CopyTo(bytes);

    /// <summary>A filter without rules: everything is answered by this action.</summary>
    /// <exception cref="LinuxException">The action is not one.</exception>
    public static SeccompCompiler Create(uint defaultAction)
    {
        void* filter = seccomp_init(defaultAction);
        return filter is null
            ? throw new LinuxException(EINVAL, $"seccomp_init(0x{defaultAction:x})")
            : new SeccompCompiler(filter);
    }

    /// <summary>The number that calls of this architecture carry; null when the library has no such name.</summary>
    public static int? Resolve(string name, uint? architecture = null)
    {
        int number = architecture is { } token ? seccomp_syscall_resolve_name_arch(token, name) : seccomp_syscall_resolve_name(name);
        return number == NR_SCMP_ERROR ? null : number;
    }

    /// <summary>What the call of this number is called on an architecture; null when the library has no name for it.</summary>
    public static string? NameOf(uint architecture, int number)
    {
        byte* name = seccomp_syscall_resolve_num_arch(architecture, number);
        string? text = Marshal.PtrToStringUTF8((nint)name);

        // The library hands out memory of malloc's.
        NativeMemory.Free(name);
        return text;
    }

    /// <summary>The token of an architecture, by the library's own short name; 0 when it has none.</summary>
    public static uint ArchitectureOf(string name) => seccomp_arch_resolve_name(name);

    public static uint NativeArchitecture => seccomp_arch_native();

    /// <summary>Calls made as on another architecture are judged by the same rules.</summary>
    public void AddArchitecture(uint token)
    {
        int error = seccomp_arch_add(_filter, token);
        if (error is not (0 or -EEXIST))
        {
            throw new LinuxException(-error, $"seccomp_arch_add(0x{token:x})");
        }
    }

    /// <summary>The answer to calls of an architecture that was not added.</summary>
    public void SetBadArchitecture(uint action) => Check(seccomp_attr_set(_filter, SCMP_FLTATR_ACT_BADARCH, action), "seccomp_attr_set");

    /// <summary>Adds a rule; all comparisons must hold.</summary>
    public void Add(uint action, int number, ReadOnlySpan<SeccompComparison> comparisons)
    {
        fixed (SeccompComparison* pointer = comparisons)
        {
            Check(seccomp_rule_add_array(_filter, action, number, (uint)comparisons.Length, pointer), $"seccomp_rule_add(0x{action:x}, {number})");
        }
    }

    /// <summary>The program, an array of <c>struct sock_filter</c>.</summary>
    public byte[] Compile()
    {
        using SafeFileHandle file = MemoryFile.CreateUnsealed("crun-sharp-seccomp");
        Check(seccomp_attr_set(_filter, SCMP_FLTATR_CTL_NNP, 0), "seccomp_attr_set");
        Check(seccomp_export_bpf(_filter, (int)file.DangerousGetHandle()), "seccomp_export_bpf");
        byte[] program = new byte[RandomAccess.GetLength(file)];
        _ = RandomAccess.Read(file, program, 0);
        return program;
    }

    public void Dispose()
    {
        if (_filter is not null)
        {
            seccomp_release(_filter);
            _filter = null;
        }
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new LinuxException(-result, call);
        }
    }

    private const int EINVAL = 22;
    private const int EEXIST = 17;

    [LibraryImport("libseccomp")]
    private static partial uint* seccomp_version();

    [LibraryImport("libseccomp")]
    private static partial void* seccomp_init(uint action);

    [LibraryImport("libseccomp")]
    private static partial void seccomp_release(void* filter);

    [LibraryImport("libseccomp")]
    private static partial uint seccomp_arch_native();

    [LibraryImport("libseccomp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint seccomp_arch_resolve_name(string name);

    [LibraryImport("libseccomp")]
    private static partial int seccomp_arch_add(void* filter, uint token);

    [LibraryImport("libseccomp")]
    private static partial int seccomp_attr_set(void* filter, int attribute, uint value);

    [LibraryImport("libseccomp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport("libseccomp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name_arch(uint token, string name);

    [LibraryImport("libseccomp")]
    private static partial byte* seccomp_syscall_resolve_num_arch(uint token, int number);

    [LibraryImport("libseccomp")]
    private static partial int seccomp_rule_add_array(void* filter, uint action, int number, uint count, SeccompComparison* comparisons);

    [LibraryImport("libseccomp")]
    private static partial int seccomp_export_bpf(void* filter, int fd);
}
