/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a patched module loadable again. Livepatch fills in the module's addresses in our code when the module comes, and
 * insists that nothing is there. When the module has gone it clears them since 6.3 (klp_clear_object_relocations());
 * before that, a module that was removed under a patch could not come back.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)

static size_t suture_relocation_width(const Elf_Rela *relocation)
{
	switch (ELF_R_TYPE(relocation->r_info)) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return 4;
	default:
		return 0;
	}
}

static const u64 suture_no_address;

static void suture_clear_relocations(const char *object)
{
	const struct klp_modinfo *info = THIS_MODULE->klp_info;
	const size_t length = strlen(object);
	const char prefix[] = ".klp.rela.";
	unsigned int i, k;

	for (i = 1; i < info->hdr.e_shnum; i++) {
		const Elf_Shdr *section = &info->sechdrs[i];
		const char *name = info->secstrings + section->sh_name;
		const Elf_Rela *relocations = (void *)section->sh_addr;

		if (!(section->sh_flags & SHF_RELA_LIVEPATCH) || strncmp(name, prefix, sizeof(prefix) - 1))
			continue;
		name += sizeof(prefix) - 1;
		if (strncmp(name, object, length) || name[length] != '.')
			continue;
		for (k = 0; k < section->sh_size / sizeof(*relocations); k++) {
			void *place =
			    (void *)(info->sechdrs[section->sh_info].sh_addr + relocations[k].r_offset);

			if (suture_write(place, &suture_no_address, suture_relocation_width(&relocations[k])))
				pr_warn("suture: %s cannot be loaded again under this patch\n", object);
		}
	}
}

#else

static void suture_clear_relocations(const char *object)
{
}

#endif

/* Livepatch has been told that the module is gone; it may also be a module that failed to come. */
static void suture_prepare_reload(const struct klp_object *object)
{
	if (object->mod && !object->mod->klp_alive)
		suture_clear_relocations(object->name);
}
